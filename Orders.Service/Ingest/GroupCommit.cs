namespace Orders.Service.Ingest;

/// <summary>
/// Work that finds nothing under way is committed at once; work that arrives meanwhile goes together, in the next transaction. Where a transaction of
/// several fails each goes again alone, so that nobody bears another's failure, and nobody waits long behind one that is stuck.
/// </summary>
/// <param name="commit">Does all of the work or none of it.</param>
/// <param name="time">For the patience.</param>
internal sealed class GroupCommit<TWork>(Func<IReadOnlyList<TWork>, CancellationToken, Task> commit, TimeProvider time)
{
    /// <summary>The most that go together.</summary>
    public const int Most = 32;

    /// <summary>How long work waits for its turn before it goes beside what is under way: a transaction that takes so long waits for a lock.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<Member> _waiting = [];
    private Member? _leader;
    private Member? _watcher;

    private enum Turn
    {
        Lead,
        Done,
        Alone,
    }

    /// <summary>Returns when the work is committed; what it throws is of this work alone.</summary>
    public async Task RunAsync(TWork work, CancellationToken cancellationToken)
    {
        var member = new Member(work, cancellationToken);
        switch (TryLead(member) ? Turn.Lead : await WaitAsync(member))
        {
            case Turn.Lead:
                await LeadAsync(member);
                break;
            case Turn.Alone:
                await commit([work], cancellationToken);
                break;
            default:
                break;
        }
    }

    private bool TryLead(Member member)
    {
        lock (_lock)
        {
            if (_leader is null)
            {
                _leader = member;
                return true;
            }

            _waiting.Add(member);
            return false;
        }
    }

    private async Task<Turn> WaitAsync(Member member)
    {
        try
        {
            // One that loses patience takes the others along: one timer for all of them is enough.
            var patience = Interlocked.CompareExchange(ref _watcher, member, null) is null ? Patience : Timeout.InfiniteTimeSpan;
            return await member.Turn.Task.WaitAsync(patience, time, member.CancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                if (_waiting.Remove(member))
                {
                    if (exception is OperationCanceledException)
                    {
                        throw;
                    }

                    // Whoever leads is stuck; those that wait go with this one.
                    _leader = member;
                    return Turn.Lead;
                }
            }

            // Its turn came just then.
            return await member.Turn.Task;
        }
        finally
        {
            Interlocked.CompareExchange(ref _watcher, null, member);
        }
    }

    private async Task LeadAsync(Member leader)
    {
        // Work that became ready in the same moment is about to arrive.
        await Task.Yield();
        var group = TakeGroup(leader);
        var isDone = false;
        try
        {
            await CommitAsync(group);
            isDone = true;
        }
        catch (Exception) when (group.Count > 1)
        {
            // Whose failure it is shows when each goes alone.
        }
        finally
        {
            foreach (var member in group.Skip(1))
            {
                member.Turn.SetResult(isDone ? Turn.Done : Turn.Alone);
            }

            HandOver(leader);
        }

        if (!isDone)
        {
            await commit([leader.Work], leader.CancellationToken);
        }
    }

    private async Task CommitAsync(List<Member> group)
    {
        if (group.Count == 1)
        {
            await commit([group[0].Work], group[0].CancellationToken);
            return;
        }

        using var anyone = CancellationTokenSource.CreateLinkedTokenSource([.. group.Select(member => member.CancellationToken)]);
        await commit(group.ConvertAll(member => member.Work), anyone.Token);
    }

    private List<Member> TakeGroup(Member leader)
    {
        lock (_lock)
        {
            var others = Math.Min(_waiting.Count, Most - 1);
            List<Member> group = [leader, .. _waiting.Take(others)];
            _waiting.RemoveRange(0, others);
            return group;
        }
    }

    private void HandOver(Member leader)
    {
        lock (_lock)
        {
            if (_leader != leader)
            {
                // Somebody lost patience and leads already.
                return;
            }

            _leader = _waiting.FirstOrDefault();
            if (_leader is not null)
            {
                _waiting.RemoveAt(0);
                _leader.Turn.SetResult(Turn.Lead);
            }
        }
    }

    private sealed class Member(TWork work, CancellationToken cancellationToken)
    {
        public TWork Work => work;

        public CancellationToken CancellationToken => cancellationToken;

        public TaskCompletionSource<Turn> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
