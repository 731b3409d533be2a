using System.Collections.Concurrent;

namespace Orders.Tools.Load;

/// <summary>The stages of an order's way. Each is measured from the moment the order was planned to be sent.</summary>
internal static class StageName
{
    /// <summary>Kafka has confirmed the record.</summary>
    public const string Acked = "acked";

    /// <summary>Postgres has written the order's event, in the transaction that stores the order; the commit follows.</summary>
    public const string Stored = "stored";

    /// <summary>The event has reached a consumer of <c>order-events</c>.</summary>
    public const string Event = "event";

    /// <summary>A GET at the gateway has brought the order; looked at for a sample.</summary>
    public const string Visible = "visible";

    public static readonly IReadOnlyList<string> All = [Acked, Stored, Event, Visible];
}

/// <summary>
/// The time of a run, in microseconds since its start. One clock that is never set, laid over the time of day once at the start, because
/// Postgres stamps events with the time of day.
/// </summary>
internal sealed class LoadClock(TimeProvider time, double rate)
{
    private readonly long _start = time.GetTimestamp();
    private readonly DateTimeOffset _startOfDay = time.GetUtcNow();

    public long Now => (long)time.GetElapsedTime(_start).TotalMicroseconds;

    public long At(DateTimeOffset moment) => (long)(moment - _startOfDay).TotalMicroseconds;

    /// <summary>When record <paramref name="number"/> is to be sent, whatever happened to those before it.</summary>
    public long Planned(long number) => (long)(number * 1_000_000 / rate);
}

/// <summary>
/// What became of every new order of a run. A latency counts from the planned time of the send, so a sender that was held up does not
/// hide what its orders would have waited; the warm-up's latencies are left out, its losses are not.
/// </summary>
internal sealed class LoadTally(LoadClock clock, long warmUpCount)
{
    private readonly ConcurrentDictionary<string, long> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LatencyHistogram> _stages = StageName.All.ToDictionary(stage => stage, _ => new LatencyHistogram());
    private long _expected;
    private long _events;
    private long _sampled;
    private long _seen;
    private long _latestSend;

    /// <summary>New orders that were sent and must lead to an event each.</summary>
    public long Expected => Interlocked.Read(ref _expected);

    public long Events => Interlocked.Read(ref _events);

    /// <summary>How many have no event yet.</summary>
    public long Open => _open.Count;

    public long Sampled => Interlocked.Read(ref _sampled);

    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>How far the sender was behind its plan at most, in microseconds.</summary>
    public long LatestSend => Interlocked.Read(ref _latestSend);

    public LatencyHistogram Of(string stage) => _stages[stage];

    /// <summary>To be called before the send: the event may be faster than the sender's next line.</summary>
    public void Expect(string uid, long number)
    {
        _open[uid] = number;
        Interlocked.Increment(ref _expected);
    }

    public void Sent(long number) =>
        Interlocked.Exchange(ref _latestSend, Math.Max(Interlocked.Read(ref _latestSend), clock.Now - clock.Planned(number)));

    public void Acked(long number) => Record(StageName.Acked, number, clock.Now);

    /// <summary>An event has arrived; the first of an order counts, other programs' orders do not.</summary>
    public void Arrived(string uid, DateTimeOffset? stored)
    {
        if (!_open.TryRemove(uid, out var number))
        {
            return;
        }

        Interlocked.Increment(ref _events);
        Record(StageName.Event, number, clock.Now);
        if (stored is { } moment)
        {
            Record(StageName.Stored, number, clock.At(moment));
        }
    }

    public void Sample() => Interlocked.Increment(ref _sampled);

    public void Visible(long number)
    {
        Interlocked.Increment(ref _seen);
        Record(StageName.Visible, number, clock.Now);
    }

    /// <summary>How many orders without an event were planned before <paramref name="moment"/>.</summary>
    public long OpenSince(long moment) => _open.Values.Count(number => clock.Planned(number) <= moment);

    private void Record(string stage, long number, long at)
    {
        if (number >= warmUpCount)
        {
            _stages[stage].Record(at - clock.Planned(number));
        }
    }
}
