namespace Orders.Tests.Servers;

/// <summary>Swallows requests of some kinds: whoever sends one waits for an answer that does not come.</summary>
internal sealed class DeafProxy(string broker) : KafkaProxy(broker)
{
    private readonly TaskCompletionSource _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Request[] _unheard = [];
    private Request _awaited;
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

    /// <summary>
    /// From now on it swallows these. Completes when it swallowed <paramref name="awaited"/> on a connection on which it has swallowed nothing before:
    /// one that a client closes soon for something else it waits for would not do.
    /// </summary>
    public Task SwallowAsync(Request awaited, params Request[] besides)
    {
        _awaited = awaited;
        _unheard = [awaited, .. besides];
        return _swallowed.Task;
    }

    /// <summary>Swallows nothing of connections that are made from now on; those that are there stay unheard.</summary>
    public void HearOthers() => _deafUpTo = Volatile.Read(ref _connections);

    protected override (Func<Memory<byte>, Task<bool>> Ask, Func<Memory<byte>, Task<bool>> Answer) Meet(CancellationToken over)
    {
        var number = Interlocked.Increment(ref _connections);
        var hasSwallowed = false;
        return (AskAsync, _ => Task.FromResult(true));

        Task<bool> AskAsync(Memory<byte> request)
        {
            var kind = (Request)Kind(request);
            if (number > _deafUpTo || !_unheard.Contains(kind))
            {
                return Task.FromResult(true);
            }

            if (kind == _awaited && !hasSwallowed)
            {
                _swallowed.TrySetResult();
            }

            hasSwallowed = true;
            return Task.FromResult(false);
        }
    }
}
