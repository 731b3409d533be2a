using Bus.Kafka.Endpoints;
using Bus.Kafka.Watermarks;
using Orders.Service.Operations;

namespace Orders.Service.Failures;

/// <summary>
/// One gate for all partitions. Open in normal life. After a failure of the world everybody waits and one batch at a time probes, with
/// back-off; success opens it. While ingest is paused nobody passes.
/// </summary>
internal sealed class IngestGate(TimeProvider time, ILogger<IngestGate> logger) : IDispatchGate, IReadinessCheck
{
    internal static readonly TimeSpan ProbeFirst = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan ProbeMost = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _pause = "has not yet read whether it is paused";
    private Exception? _failure;
    private TimeSpan _wait;
    private long _failedAt;
    private bool _isProbing;

    public string Name => "ingest";

    public string? WhyNotReady()
    {
        lock (_lock)
        {
            return _pause ?? (_failure is { } failure ? $"waits, and tries one batch at a time: {failure.GetType().Name}: {failure.Message}" : null);
        }
    }

    /// <summary>Lets nobody pass any more, or (null) ends that.</summary>
    public void Pause(string? why)
    {
        lock (_lock)
        {
            _pause = why;
            Change();
        }
    }

    public async Task PassAsync(Func<Task> dispatch, CancellationToken stopping)
    {
        var isProbe = await EnterAsync(stopping);
        try
        {
            await dispatch();
            Leave(failure: null, isProbe);
        }
        catch (Exception exception)
        {
            Leave(exception, isProbe);
            throw;
        }
    }

    /// <summary>Returns when the batch may go; true where all others wait for what becomes of it.</summary>
    private async Task<bool> EnterAsync(CancellationToken stopping)
    {
        while (true)
        {
            Task changed;
            var wait = Timeout.InfiniteTimeSpan;
            lock (_lock)
            {
                if (_pause is null && _failure is null)
                {
                    return false;
                }

                if (_pause is null && !_isProbing)
                {
                    wait = _wait - time.GetElapsedTime(_failedAt);
                    if (wait <= TimeSpan.Zero)
                    {
                        _isProbing = true;
                        return true;
                    }
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(wait, time, stopping);
            }
            catch (TimeoutException)
            {
                // Time for the next probe, if nobody was faster.
            }
        }
    }

    private void Leave(Exception? failure, bool isProbe)
    {
        lock (_lock)
        {
            _isProbing &= !isProbe;
            if (failure is null)
            {
                if (_failure is not null)
                {
                    Log.GateOpened(logger);
                }

                _failure = null;
            }
            else if (IsOfTheWorld(failure))
            {
                if (_failure is null)
                {
                    Log.GateClosed(logger, failure);
                }

                _wait = _failure is null ? ProbeFirst : !isProbe ? _wait : _wait * 2 < ProbeMost ? _wait * 2 : ProbeMost;
                _failedAt = time.GetTimestamp();
                _failure = failure;
            }
            else if (!isProbe)
            {
                // One partition's own trouble; nobody waits for it.
                return;
            }

            Change();
        }
    }

    private void Change()
    {
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What was transient and is still there after its retries is of the world too.</summary>
    private static bool IsOfTheWorld(Exception failure) =>
        failure is not (WatermarkMismatchException or OperationCanceledException)
        && FailurePolicy.ClassOf(failure) is FailureClass.Systemic or FailureClass.Transient;
}
