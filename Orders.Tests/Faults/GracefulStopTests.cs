using Orders.Tests.Servers;
using Orders.Tests.WholePath;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F03: an instance is asked to stop at the peak of its work.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class GracefulStopTests(FaultSystem system)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_ends_with_0_and_the_next_start_begins_where_it_ended()
    {
        await system.ReadyAsync();
        using var group = new ServiceGroup(system.Bus.KafkaServers);
        var repeats = await system.RepeatsAsync();
        var drains = new List<TimeSpan>();
        await using var load = system.Load(OrderLoad.OnlyGood, rate: FaultLength.Of(500, 1_000));
        await using (await system.UnsupervisedAsync())
        {
            await system.EndAsync(ProcessName.Service, "TERM");
            for (var round = 0; round < FaultLength.Of(2, 30); round++)
            {
                await using var instance = system.StartInstance();
                await Eventually.SeeAsync(instance.ReadyAsync, status => status == 200);
                await system.EveryPartitionMovesAsync();
                await load.LastsAsync(FaultLength.Seconds(1, 5));

                var start = TimeProvider.System.GetTimestamp();
                var ended = instance.StopAsync();
                if (round % 2 == 1)
                {
                    // An impatient operator asks again.
                    await Signal.SendAsync(instance.Id, "TERM");
                }

                Assert.Equal(0, await ended);
                drains.Add(TimeProvider.System.GetElapsedTime(start));

                // What the group would start from and what the watermark says is the same: nothing comes again.
                var positions = await system.PositionsAsync();
                Assert.Equal(positions.OrderBy(one => one.Key), group.Committed(OrdersTopic.Partitions).OrderBy(one => one.Key));
            }
        }

        await system.ReadyAsync();
        await load.StopAsync();
        await system.VerifiedAsync($"{drains.Count} stops", $"slowest {FaultSystem.In(drains.Max())}, exit code 0", $"{load.Acked} records");
        Assert.InRange(drains.Max(), TimeSpan.Zero, Longest);
        Assert.Equal(repeats, await system.RepeatsAsync());
    }
}
