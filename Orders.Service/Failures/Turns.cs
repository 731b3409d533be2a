namespace Orders.Service.Failures;

/// <summary>
/// Work on records goes side by side, or in turn while somebody looks for one that ends the process: whatever ends it then, nothing else was at work,
/// and nobody innocent is blamed.
/// </summary>
internal sealed class Turns : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private int _searches;
    private int _underWay;
    private TaskCompletionSource? _noneUnderWay;

    /// <summary>From now on, until as many calls of <see cref="EndSearch"/>, work goes in turn.</summary>
    public void BeginSearch()
    {
        lock (_lock)
        {
            _searches++;
        }
    }

    public void EndSearch()
    {
        lock (_lock)
        {
            _searches--;
        }
    }

    /// <summary>Runs one piece of work; it is told whether nothing else runs meanwhile. It must not hold a lock already that other work waits for.</summary>
    public async Task RunAsync(Func<bool, Task> work, CancellationToken cancellationToken)
    {
        if (TryBegin())
        {
            try
            {
                await work(false);
            }
            finally
            {
                End();
            }

            return;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            await NoneUnderWayAsync().WaitAsync(cancellationToken);
            await work(true);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Work that needs no turn is under way from here on; false where it needs one.</summary>
    private bool TryBegin()
    {
        lock (_lock)
        {
            if (_searches > 0)
            {
                return false;
            }

            _underWay++;
            return true;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _underWay--;
            if (_underWay == 0)
            {
                _noneUnderWay?.SetResult();
                _noneUnderWay = null;
            }
        }
    }

    private Task NoneUnderWayAsync()
    {
        lock (_lock)
        {
            return _underWay == 0
                ? Task.CompletedTask
                : (_noneUnderWay ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
