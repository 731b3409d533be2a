using Microsoft.Extensions.DependencyInjection;
using Orders.Service.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Failures;

/// <summary>A pause holds every instance and outlives them.</summary>
[Trait("Category", "system")]
public sealed class PauseTests(SharedPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_passes_before_it_is_known_whether_ingest_is_paused_and_a_pause_outlives_the_instance()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await using var other = ingest.AnotherInstance();
        Assert.NotNull(other.GetRequiredService<IngestGate>().WhyNotReady());
        Assert.True(await ingest.Pause.PauseAsync("ann", "the disk is changed", Token));
        Assert.False(await ingest.Pause.PauseAsync("bob", "me too", Token));

        await other.GetRequiredService<IngestPause>().RunOnceAsync(Token);
        Assert.Contains("by ann: the disk is changed", other.GetRequiredService<IngestGate>().WhyNotReady(), StringComparison.Ordinal);

        Assert.True(await ingest.Pause.ResumeAsync("bob", "done", Token));
        await other.GetRequiredService<IngestPause>().RunOnceAsync(Token);
        Assert.Null(other.GetRequiredService<IngestGate>().WhyNotReady());
        Assert.False(await ingest.Pause.ResumeAsync("bob", "done", Token));
        Assert.Equal(
            ["ann the disk is changed bob done"], await ingest.LinesAsync("SELECT paused_by, reason, resumed_by, resume_reason FROM pause"));
    }

    [Fact]
    public async Task The_brake_pauses_for_everybody_and_a_resume_lets_it_count_anew()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => (options.BrakeMinimum, options.BrakeInARow) = (100, 4));
        await ingest.RefuseAllAsync();
        await ingest.IngestAsync(0, ("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1), ("f", 1));

        await ingest.Pause.RunOnceAsync(Token);
        Assert.Equal((IngestPause.BrakeActor, "5 records in a row could not be stored"), (ingest.Pause.Current!.Actor, ingest.Pause.Current.Reason));

        await ingest.Pause.ResumeAsync("ann", "mended", Token);
        Assert.Null(ingest.Pause.Current);
    }
}
