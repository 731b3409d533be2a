namespace Orders.Tests.Servers;

/// <summary>Swallows requests of some kinds: whoever sends one waits for an answer that does not come.</summary>
internal sealed class DeafProxy(string broker) : KafkaProxy(broker)
{
    private readonly TaskCompletionSource _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Request[] _unheard = [];
    private int _connections;
    private volatile int _deafUpTo = int.MaxValue;

    /// <summary>The keys of requests (https://kafka.apache.org/protocol#protocol_api_keys).</summary>
    public enum Request : short
    {
        OffsetCommit = 8,
        JoinGroup = 11,
        Heartbeat = 12,
        SyncGroup = 14,
    }

    /// <summary>From now on it swallows these; completes with the first of them.</summary>
    public Task SwallowAsync(params Request[] unheard)
    {
        _unheard = unheard;
        return _swallowed.Task;
    }

    /// <summary>Swallows nothing of connections that are made from now on; those that are there stay unheard.</summary>
    public void HearOthers() => _deafUpTo = Volatile.Read(ref _connections);

    protected override (Func<Memory<byte>, Task<bool>> Ask, Func<Memory<byte>, Task<bool>> Answer) Meet(CancellationToken over)
    {
        var number = Interlocked.Increment(ref _connections);
        return (AskAsync, _ => Task.FromResult(true));

        Task<bool> AskAsync(Memory<byte> request)
        {
            if (number > _deafUpTo || !_unheard.Contains((Request)Kind(request)))
            {
                return Task.FromResult(true);
            }

            _swallowed.TrySetResult();
            return Task.FromResult(false);
        }
    }
}
