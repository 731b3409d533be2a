using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F05: instances come and go, in order or killed, so that the partitions are never at rest.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
[Trait("Length", "long")]
public sealed class RebalanceStormTests(FaultSystem system)
{
    [Fact]
    public async Task Instances_that_come_and_go_move_partitions_and_nothing_else()
    {
        await system.ReadyAsync();
        using var group = new ServiceGroup(system.Bus.KafkaServers);
        await using var load = system.Load(OrderLoad.Usual);
        var fenced = system.Fenced();
        var stalls = new List<TimeSpan>();
        var random = new Random(FaultLength.Seed);
        var rounds = FaultLength.Of(1, 30);
        for (var round = 0; round < rounds; round++)
        {
            await using var second = system.StartInstance();
            await using var third = system.StartInstance();
            await group.SharedByAsync(3, OrdersTopic.Partitions);
            stalls.Add(await system.EveryPartitionMovesAsync());
            await load.LastsAsync(TimeSpan.FromSeconds(random.NextDouble() * FaultLength.Of(1, 5)));
            Assert.Equal(0, await second.StopAsync());
            if (random.Next(2) == 0)
            {
                await third.KillAsync();
            }
            else
            {
                Assert.Equal(0, await third.StopAsync());
            }

            stalls.Add(await system.EveryPartitionMovesAsync());
        }

        await load.StopAsync();
        await group.SharedByAsync(1, OrdersTopic.Partitions);
        await system.VerifiedAsync(
            $"{rounds * 2} instances came and went", $"slowest partition stood still for {FaultSystem.In(stalls.Max())}",
            $"{system.Fenced() - fenced} batches of the system's own instance were fenced", $"{load.Acked} records");
    }
}
