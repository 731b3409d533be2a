using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>Three instances of the service share the partitions of one group; any is killed, a fourth comes.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class ThreeInstancesTests(FaultSystem system)
{
    [Fact]
    public async Task Whichever_is_killed_and_whoever_comes_the_others_take_over_and_nothing_is_lost_or_done_twice()
    {
        await system.ReadyAsync();
        using var group = new ServiceGroup(system.Bus.KafkaServers);
        await using var load = system.Load(OrderLoad.Usual);
        var stalls = new List<TimeSpan>();
        for (var round = 0; round < FaultLength.Of(1, 10); round++)
        {
            await using var second = system.StartInstance();
            await using var third = system.StartInstance();
            Assert.Equal("1 1 2", await group.SharedByAsync(3, OrdersTopic.Partitions));
            await load.LastsAsync(FaultLength.Seconds(2, 10));

            await using var fourth = system.StartInstance();
            Assert.Equal("1 1 1 1", await group.SharedByAsync(4, OrdersTopic.Partitions));
            stalls.Add(await KilledAsync(third.KillAsync));
            await group.SharedByAsync(3, OrdersTopic.Partitions);

            stalls.Add(await KilledAsync(() => system.EndAsync("service", "KILL")));
            await group.SharedByAsync(3, OrdersTopic.Partitions);

            stalls.Add(await KilledAsync(second.KillAsync));
            await load.LastsAsync(FaultLength.Seconds(1, 10));
            Assert.Equal(0, await fourth.StopAsync());
            await group.SharedByAsync(1, OrdersTopic.Partitions);
        }

        await load.StopAsync();
        await system.VerifiedAsync(
            $"{stalls.Count} kills among 3 and 4 instances", $"slowest partition went on after {FaultSystem.In(stalls.Max())}", $"{load.Acked} records");
    }

    /// <summary>How long after a kill the last partition went on.</summary>
    private async Task<TimeSpan> KilledAsync(Func<Task> kill)
    {
        await kill();
        return await system.EveryPartitionMovesAsync();
    }
}
