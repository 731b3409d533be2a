using System.Globalization;
using Bus.Storage.Inbox;
using Microsoft.Extensions.Options;

namespace Orders.Service.Failures;

/// <summary>
/// Notices that almost everything fails, which is no record's fault: too many failures in a row, or too large a share of them over a few
/// minutes. Of failures that are redelivered fewer are enough: each is tried for a while, so they come slowly, and no sender's records are the cause.
/// Counts what this instance accounts for; asks for a pause once, until it is reset.
/// </summary>
internal sealed class Brake(IOptions<FailuresOptions> options, TimeProvider time)
{
    private const int Slices = 30;

    private readonly Lock _lock = new();
    private readonly Queue<Share> _slices = [];
    private long _inARow;
    private Share _now;
    private string? _tripped;

    /// <summary>Why ingest should pause; null while there is no reason.</summary>
    public string? Tripped
    {
        get
        {
            lock (_lock)
            {
                return _tripped;
            }
        }
    }

    /// <summary>Counts a batch that was accounted for; parked records say nothing, they wait for another.</summary>
    public void Observe(in OutcomeCounts counts)
    {
        var failed = counts.Dead + counts.Redelivering;
        var records = failed + counts.Stored + counts.Duplicate + counts.Superseded + counts.Removed + counts.Ignored;
        if (records == 0)
        {
            return;
        }

        lock (_lock)
        {
            // Whatever succeeds within a batch ends the row: an error below a batch's size, in favour of going on.
            _inARow = failed == records ? _inARow + failed : 0;
            Add(records, failed, counts.Redelivering);
            _tripped ??= Judge();
        }
    }

    /// <summary>Starts counting anew, after a pause.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            (_inARow, _now, _tripped) = (0, default, null);
            _slices.Clear();
        }
    }

    private void Add(long records, long failed, long redelivering)
    {
        var slice = time.GetUtcNow().Ticks / (options.Value.BrakeWindow.Ticks / Slices);
        if (slice != _now.Slice)
        {
            _slices.Enqueue(_now);
            _now = new Share(slice, 0, 0, 0);
            while (_slices.TryPeek(out var oldest) && oldest.Slice <= slice - Slices)
            {
                _slices.Dequeue();
            }
        }

        _now = new Share(slice, _now.Records + records, _now.Failed + failed, _now.Redelivering + redelivering);
    }

    private string? Judge()
    {
        if (_inARow > options.Value.BrakeInARow)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{_inARow} records in a row could not be stored");
        }

        var records = _now.Records + _slices.Sum(slice => slice.Records);
        var failed = _now.Failed + _slices.Sum(slice => slice.Failed);
        var redelivering = _now.Redelivering + _slices.Sum(slice => slice.Redelivering);
        return IsTooMuch(failed, records, options.Value.BrakeMinimum) || IsTooMuch(redelivering, records, options.Value.BrakeMinimumRedelivering)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{failed} of the last {records} records could not be stored (within {options.Value.BrakeWindow.TotalMinutes:0.#} min)")
            : null;
    }

    private bool IsTooMuch(long failed, long records, int minimum) => records >= minimum && failed * 100 > records * options.Value.BrakePercent;

    /// <summary>What a slice of the window saw.</summary>
    private readonly record struct Share(long Slice, long Records, long Failed, long Redelivering);
}
