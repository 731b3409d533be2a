using Orders.Tests.Servers;
using Orders.Tests.WholePath;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F04: an instance freezes past its session, another takes over, and the first wakes up with a batch in its hands.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class ZombieTests(FaultSystem system)
{
    [Fact]
    public async Task What_a_woken_instance_still_holds_is_not_written_again()
    {
        await system.ReadyAsync();
        using var group = new ServiceGroup(system.Bus.KafkaServers);
        await using var load = system.Load(OrderLoad.Usual, rate: FaultLength.Of(500, 1_000));
        await using var other = system.StartInstance();
        Assert.Equal("2 2", await group.SharedByAsync(2, OrdersTopic.Partitions));
        var fenced = system.Fenced();
        var (moved, wakings) = (new List<int>(), new List<TimeSpan>());
        for (var round = 0; round < FaultLength.Of(1, 20); round++)
        {
            using var service = await system.Bus.ProcessAsync(ProcessName.Service);
            var frozen = round % 2 == 0 ? service.Id : other.Id;
            await Signal.SendAsync(frozen, "STOP");
            try
            {
                await group.SharedByAsync(1, OrdersTopic.Partitions);

                // A partition whose watermark the frozen one has locked waits, until a lock was waited for in vain or it wakes up; the others do not.
                var before = await system.PositionsAsync();
                await load.LastsAsync(FaultLength.Seconds(5, 50));
                moved.Add((await system.PositionsAsync()).Count(now => now.Value > before[now.Key]));
            }
            finally
            {
                await Signal.SendAsync(frozen, "CONT");
            }

            await group.SharedByAsync(2, OrdersTopic.Partitions);
            wakings.Add(await system.EveryPartitionMovesAsync());
            await load.LastsAsync(FaultLength.Seconds(1, 10));
        }

        await load.StopAsync();
        Assert.Equal(0, await other.StopAsync());
        await system.VerifiedAsync(
            $"{moved.Count} freezes", $"of {OrdersTopic.Partitions} partitions at least {moved.Min()} went on meanwhile",
            $"all of them at most {FaultSystem.In(wakings.Max())} after it woke up",
            $"{system.Fenced() - fenced} late batches of the system's own instance were fenced", $"{load.Acked} records");
    }
}
