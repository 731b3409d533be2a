using System.Threading.Channels;
using Orders.Service.Ingest;
using Orders.Tests.Caching;

namespace Orders.Tests.Ingest;

/// <summary>Work that meets goes together; nobody bears another's failure, and nobody waits long behind one that is stuck.</summary>
public sealed class GroupCommitTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly ManualTime _time = new();
    private readonly Channel<Commit> _commits = Channel.CreateUnbounded<Commit>();
    private readonly GroupCommit<string> _group;

    public GroupCommitTests() => _group = new(BeginAsync, exception => exception is TimeoutException, _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_that_finds_nothing_under_way_goes_at_once()
    {
        var a = _group.RunAsync("a", Cancellation);
        var commit = await NextAsync("a");
        Assert.False(a.IsCompleted);

        commit.End.SetResult();
        await a;
    }

    [Fact]
    public async Task Work_that_arrives_meanwhile_goes_together_in_the_next_transaction()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", Cancellation), _group.RunAsync("c", Cancellation));
        Assert.False(_commits.Reader.TryRead(out _));

        first.End.SetResult();
        (await NextAsync("b", "c")).End.SetResult();
        await Task.WhenAll(a, b, c);
    }

    [Fact]
    public async Task When_several_fail_together_each_goes_again_alone_and_gets_its_own_failure()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", Cancellation), _group.RunAsync("c", Cancellation));
        first.End.SetResult();
        (await NextAsync("b", "c")).End.SetException(new InvalidOperationException("one of them is broken"));

        var alone = new[] { await NextAsync(), await NextAsync() }.ToDictionary(commit => commit.Work.Single());
        alone["b"].End.SetException(new InvalidOperationException("b is broken"));
        alone["c"].End.SetResult();

        await Task.WhenAll(a, c);
        Assert.Equal("b is broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => b)).Message);
    }

    [Fact]
    public async Task A_failure_of_one_alone_does_not_stop_the_next()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var b = _group.RunAsync("b", Cancellation);
        first.End.SetException(new InvalidOperationException("a is broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => a);
        (await NextAsync("b")).End.SetResult();
        await b;
    }

    [Fact]
    public async Task Who_loses_patience_behind_one_that_is_stuck_goes_beside_it_and_takes_the_others_along()
    {
        var a = _group.RunAsync("a", Cancellation);
        var stuck = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", Cancellation), _group.RunAsync("c", Cancellation));

        _time.Advance(GroupCommit<string>.Patience);
        (await NextAsync("b", "c")).End.SetResult();
        await Task.WhenAll(b, c);
        Assert.False(a.IsCompleted);

        stuck.End.SetResult();
        await a;
        var d = _group.RunAsync("d", Cancellation);
        (await NextAsync("d")).End.SetResult();
        await d;
    }

    [Fact]
    public async Task Who_arrives_behind_a_group_that_is_stuck_does_not_wait_long_either()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", Cancellation), _group.RunAsync("c", Cancellation));
        first.End.SetResult();
        var stuck = await NextAsync("b", "c");

        var d = _group.RunAsync("d", Cancellation);
        _time.Advance(GroupCommit<string>.Patience);
        (await NextAsync("d")).End.SetResult();
        await Task.WhenAll(a, d);

        stuck.End.SetResult();
        await Task.WhenAll(b, c);
    }

    [Fact]
    public async Task A_failure_that_each_would_meet_alone_is_given_to_all_of_them_at_once()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", Cancellation), _group.RunAsync("c", Cancellation));
        first.End.SetResult();
        (await NextAsync("b", "c")).End.SetException(new TimeoutException("the database is gone"));

        await a;
        await Assert.ThrowsAsync<TimeoutException>(() => b);
        await Assert.ThrowsAsync<TimeoutException>(() => c);
        Assert.False(_commits.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Work_that_is_given_up_while_it_waits_is_not_committed()
    {
        using var given = new CancellationTokenSource();
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", given.Token), _group.RunAsync("c", Cancellation));

        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        first.End.SetResult();
        (await NextAsync("c")).End.SetResult();
        await Task.WhenAll(a, c);
    }

    [Fact]
    public async Task Work_that_is_given_up_within_a_transaction_ends_it_and_the_others_go_again()
    {
        using var given = new CancellationTokenSource();
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var (b, c) = (_group.RunAsync("b", given.Token), _group.RunAsync("c", Cancellation));
        first.End.SetResult();
        await NextAsync("b", "c");

        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        var again = await NextAsync();
        again = again.Work.Single() == "b" ? await NextAsync() : again;
        again.End.SetResult();
        await Task.WhenAll(a, c);
    }

    [Fact]
    public async Task No_more_go_together_than_the_limit()
    {
        var a = _group.RunAsync("a", Cancellation);
        var first = await NextAsync("a");
        var others = Enumerable.Range(0, GroupCommit<string>.Most + 1).Select(number => _group.RunAsync($"{number}", Cancellation)).ToList();

        first.End.SetResult();
        var full = await NextAsync();
        full.End.SetResult();
        var rest = await NextAsync();
        rest.End.SetResult();

        await Task.WhenAll([a, .. others]);
        Assert.Equal((GroupCommit<string>.Most, 1), (full.Work.Count, rest.Work.Count));
    }

    private Task BeginAsync(IReadOnlyList<string> work, CancellationToken cancellationToken)
    {
        var commit = new Commit(work, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _commits.Writer.TryWrite(commit);
        return commit.End.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The transaction that begins next, of just this work where it is named.</summary>
    private async Task<Commit> NextAsync(params string[] work)
    {
        var commit = await _commits.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Soon, Cancellation);
        Assert.True(work.Length == 0 || commit.Work.SequenceEqual(work), string.Join(", ", commit.Work));
        return commit;
    }

    private sealed record Commit(IReadOnlyList<string> Work, TaskCompletionSource End);
}
