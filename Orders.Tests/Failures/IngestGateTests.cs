using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orders.Service.Failures;
using Orders.Tests.Caching;

namespace Orders.Tests.Failures;

/// <summary>The world breaks: everybody waits, one batch at a time probes, success lets all go on.</summary>
public sealed class IngestGateTests
{
    private readonly ManualTime _time = new();
    private readonly IngestGate _gate;

    public IngestGateTests()
    {
        _gate = new IngestGate(_time, NullLogger<IngestGate>.Instance);
        _gate.Pause(null);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_it_lets_all_partitions_pass_at_once()
    {
        var first = new TaskCompletionSource();
        var passing = _gate.PassAsync(() => first.Task, Token);
        await _gate.PassAsync(() => Task.CompletedTask, Token);

        Assert.False(passing.IsCompleted);
        first.SetResult();
        await passing;
        Assert.Null(_gate.WhyNotReady());
    }

    [Fact]
    public async Task After_a_failure_of_the_world_one_probes_and_its_success_lets_the_others_go()
    {
        await BreakAsync();
        Assert.Contains("the server is gone", _gate.WhyNotReady(), StringComparison.Ordinal);

        var sent = new List<int>();
        var probe = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, 4).Select(i => _gate.PassAsync(
            () =>
            {
                lock (sent)
                {
                    sent.Add(i);
                    return sent.Count == 1 ? probe.Task : Task.CompletedTask;
                }
            },
            Token)).ToList();
        Assert.Empty(sent);

        _time.Advance(IngestGate.ProbeFirst);
        await Servers.Eventually.SeeAsync(() => Task.FromResult(sent.Count), count => count == 1);
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        probe.SetResult();
        await Task.WhenAll(waiting);
        Assert.Equal(4, sent.Count);
        Assert.Null(_gate.WhyNotReady());
    }

    [Fact]
    public async Task Probes_that_fail_come_less_and_less_often()
    {
        await BreakAsync();
        foreach (var wait in new[] { 200, 400, 800, 1_600, 2_000, 2_000 })
        {
            var failing = _gate.PassAsync(() => throw Gone(), Token);
            _time.Advance(TimeSpan.FromMilliseconds(wait - 1));
            Assert.False(failing.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Assert.ThrowsAsync<NpgsqlException>(() => failing);
        }
    }

    [Fact]
    public async Task One_partitions_own_trouble_holds_nobody_else()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _gate.PassAsync(() => throw new InvalidOperationException("a bug"), Token));
        await Assert.ThrowsAsync<Bus.Kafka.Watermarks.WatermarkMismatchException>(
            () => _gate.PassAsync(() => throw new Bus.Kafka.Watermarks.WatermarkMismatchException(null), Token));

        await _gate.PassAsync(() => Task.CompletedTask, Token);
        Assert.Null(_gate.WhyNotReady());
    }

    [Fact]
    public async Task While_paused_nobody_passes_and_giving_the_partition_up_ends_the_wait()
    {
        _gate.Pause("is paused since now by test: why");
        using var stopping = new CancellationTokenSource();
        var stopped = _gate.PassAsync(() => throw Gone(), stopping.Token);
        var waiting = _gate.PassAsync(() => Task.CompletedTask, Token);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(waiting.IsCompleted);
        Assert.Equal("is paused since now by test: why", _gate.WhyNotReady());
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);

        _gate.Pause(null);
        await waiting;
    }

    private Task<NpgsqlException> BreakAsync() => Assert.ThrowsAsync<NpgsqlException>(() => _gate.PassAsync(() => throw Gone(), Token));

    private static NpgsqlException Gone() => new("the server is gone");
}
