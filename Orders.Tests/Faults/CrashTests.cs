using Orders.Tests.WholePath;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F01: the service is killed at any moment, and the next one begins at the watermark.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
[Trait("Length", "long")]
public sealed class CrashTests(FaultSystem system)
{
    [Fact]
    public async Task A_service_killed_at_any_moment_is_followed_by_one_that_loses_and_repeats_nothing()
    {
        await system.ReadyAsync();
        using var group = new ServiceGroup(system.Bus.KafkaServers);
        var random = new Random(FaultLength.Seed);
        var repeats = await system.RepeatsAsync();
        var restarts = new List<TimeSpan>();
        var ahead = 0L;
        await using var load = system.Load(OrderLoad.OnlyGood, rate: FaultLength.Of(500, 1_000));
        await using (await system.UnsupervisedAsync())
        {
            await system.EndAsync(ProcessName.Service, "KILL");
            for (var cycle = 0; cycle < FaultLength.Of(2, 100); cycle++)
            {
                var start = TimeProvider.System.GetTimestamp();
                await using var instance = system.StartInstance();
                await system.EveryPartitionMovesAsync();
                restarts.Add(TimeProvider.System.GetElapsedTime(start));
                await load.LastsAsync(TimeSpan.FromMilliseconds(random.Next(1_000)));
                await instance.KillAsync();
                var committed = group.Committed(OrdersTopic.Partitions);
                ahead += (await system.PositionsAsync()).Sum(one => one.Value - Math.Max(committed[one.Key], 0));
            }
        }

        await system.ReadyAsync();
        await load.StopAsync();
        await system.VerifiedAsync(
            $"{restarts.Count} kills", $"from start to the first record of every partition at most {FaultSystem.In(restarts.Max())}",
            $"{ahead / restarts.Count} records per kill were accounted for beyond the group's offset, 0 came again", $"{load.Acked} records");
        Assert.Equal(repeats, await system.RepeatsAsync());
    }
}
