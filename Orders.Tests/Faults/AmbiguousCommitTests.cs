using Orders.Tests.Servers;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F22: the connection breaks after a commit was sent. Whether it came through nobody says; done twice is nothing all the same.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class AmbiguousCommitTests(FaultSystem system)
{
    [Fact]
    public async Task A_commit_whose_answer_is_lost_has_its_effect_once()
    {
        await system.ReadyAsync();
        var (blamed, repeats) = (await system.DeadLettersAsync(), await system.RepeatsAsync());
        await using var proxy = new CommitProxy(system.Bus.Connections.Service, FaultLength.Seed);
        await using var load = system.Load(OrderLoad.OnlyGood);
        await using (await system.UnsupervisedAsync())
        {
            await system.EndAsync(ProcessName.Service, "TERM");
            await using var instance = system.StartInstance(proxy.ConnectionString);
            await Eventually.SeeAsync(instance.ReadyAsync, status => status == 200);
            var tries = FaultLength.Of(30, 1_000);
            proxy.IsArmed = true;
            while (proxy.Swallowed < tries)
            {
                await load.LastsAsync(TimeSpan.FromSeconds(0.2));
            }

            proxy.IsArmed = false;
            await load.StopAsync();
            await system.CaughtUpAsync();
            Assert.Equal(0, await instance.StopAsync());
        }

        await system.ReadyAsync();
        Assert.Equal(blamed, await system.DeadLettersAsync());
        await system.VerifiedAsync(
            $"{proxy.Swallowed} commits carried out without an answer, {proxy.Withheld} that never arrived, of {proxy.Commits}", $"{load.Acked} records",
            "0 double effects");
        Assert.Equal(repeats, await system.RepeatsAsync());
    }
}
