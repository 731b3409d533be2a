namespace Orders.Service.Ingest;

/// <summary>
/// Work that finds nothing under way is committed at once; work that arrives meanwhile goes together, in the next transaction. Where a transaction of
/// several fails each goes again alone, so that nobody bears another's failure, and nobody waits long behind one that is stuck.
/// </summary>
/// <param name="commit">Does all of the work or none of it.</param>
/// <param name="isOfAll">Whether alone each would fail for the same reason: then each gets the failure at once.</param>
/// <param name="time">For the patience.</param>
internal sealed class GroupCommit<TWork>(
    Func<IReadOnlyList<TWork>, CancellationToken, Task> commit, Func<Exception, bool> isOfAll, TimeProvider time)
{
    /// <summary>The most that go together.</summary>
    public const int Most = 32;

    /// <summary>How long work waits for its turn before it goes beside what is under way: a transaction that takes so long waits for a lock.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<Member> _waiting = [];
    private Member? _leader;
    private long _ledSince;

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
                Lead(member);
                return true;
            }

            _waiting.Add(member);
            return false;
        }
    }

    private async Task<Turn> WaitAsync(Member member)
    {
        while (true)
        {
            try
            {
                return await member.Turn.WaitAsync(Patience, time, member.CancellationToken);
            }
            catch (OperationCanceledException) when (TryLeave(member))
            {
                throw;
            }
            catch (OperationCanceledException)
            {
                // It is part of a transaction, which ends for that.
                return await member.Turn;
            }
            catch (TimeoutException)
            {
                if (member.Turn.IsCompleted)
                {
                    return await member.Turn;
                }

                if (TryTakeOver(member))
                {
                    return Turn.Lead;
                }
            }
        }
    }

    private bool TryLeave(Member member)
    {
        lock (_lock)
        {
            return _waiting.Remove(member);
        }
    }

    /// <summary>Where whoever leads has led for long, this one leads instead, and those that wait go with it.</summary>
    private bool TryTakeOver(Member member)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_ledSince) < Patience || !_waiting.Remove(member))
            {
                return false;
            }

            Lead(member);
            return true;
        }
    }

    private void Lead(Member? member) => (_leader, _ledSince) = (member, time.GetTimestamp());

    private async Task LeadAsync(Member leader)
    {
        // Work that became ready in the same moment is about to arrive.
        await Task.Yield();
        var group = TakeGroup(leader);
        var others = Turn.Alone;
        Exception? failure = null;
        try
        {
            await CommitAsync(group);
            others = Turn.Done;
        }
        catch (Exception exception) when (isOfAll(exception))
        {
            failure = exception;
            throw;
        }
        catch (Exception) when (group.Count > 1)
        {
            // Whose failure it is shows when each goes alone.
        }
        finally
        {
            foreach (var member in group.Skip(1))
            {
                member.End(others, failure);
            }

            HandOver(leader);
        }

        if (others == Turn.Alone)
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

            Lead(_waiting.FirstOrDefault());
            if (_leader is not null)
            {
                _waiting.RemoveAt(0);
                _leader.End(Turn.Lead, failure: null);
            }
        }
    }

    private sealed class Member(TWork work, CancellationToken cancellationToken)
    {
        private readonly TaskCompletionSource<Turn> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TWork Work => work;

        public CancellationToken CancellationToken => cancellationToken;

        /// <summary>What becomes of it.</summary>
        public Task<Turn> Turn => _turn.Task;

        /// <summary>Ends its wait; with a failure where there is one.</summary>
        public void End(Turn turn, Exception? failure)
        {
            if (failure is null)
            {
                _turn.SetResult(turn);
            }
            else
            {
                _turn.SetException(failure);
            }
        }
    }
}
