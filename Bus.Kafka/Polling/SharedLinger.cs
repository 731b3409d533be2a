namespace Bus.Kafka.Polling;

/// <summary>
/// Lets the partitions of a consumer wait for more records together and go on together: one timer for all, and what they do next with their batches
/// they can do in one go.
/// </summary>
internal sealed class SharedLinger : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _length;
    private readonly ITimer _timer;
    private TaskCompletionSource? _pending;

    public SharedLinger(TimeSpan length, TimeProvider time)
    {
        _length = length;
        _timer = time.CreateTimer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends with the lingering that has begun, or else begins one.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (_pending is null)
            {
                _pending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _timer.Change(_length, Timeout.InfiniteTimeSpan);
            }

            return _pending.Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void End()
    {
        TaskCompletionSource? ended;
        lock (_lock)
        {
            (ended, _pending) = (_pending, null);
        }

        ended?.SetResult();
    }
}
