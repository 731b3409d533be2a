using Bus.Kafka.Clients;
using Bus.Kafka.Watermarks;
using Orders.Contracts;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F13: the topic gets partitions while it is read, and orders move to other partitions with that.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class GrownTopicTests
{
    private const int Grown = 12;
    private const int Moved = 60;

    [Fact]
    public async Task New_partitions_are_read_from_their_beginning_and_an_order_goes_on_in_another_one()
    {
        // A topic never shrinks, so this one is not shared with the other tests.
        await using var system = new FaultSystem();
        await system.InitializeAsync();
        using var topic = new OrdersTopic(system.Bus);
        await topic.PutManyAsync("moved", Moved);
        await using (var load = system.Load(OrderLoad.Usual))
        {
            await load.LastsAsync(FaultLength.Seconds(1, 30));
            await topic.GrowAsync(Grown);
            var start = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Moved).Select(i =>
                topic.PutAsync(OrdersTopic.Partitions + (i % (Grown - OrdersTopic.Partitions)), $"moved-{i}", SampleOrders.Of($"moved-{i}", edition: 2))));
            await Eventually.SeeAsync(
                () => system.Bus.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'moved-%' AND version = 2"), moved => moved == Moved);
            var took = TimeProvider.System.GetElapsedTime(start);
            FaultSystem.Tell($"all records of the new partitions accounted for {FaultSystem.In(took)} after they came to be");

            // One that knows all twelve.
            await load.StopAsync();
            await using var wide = system.Load(OrderLoad.Usual with { Dup = 0.05 });
            await wide.LastsAsync(FaultLength.Seconds(2, 60));
            await wide.StopAsync();
        }

        await system.CaughtUpAsync();
        Assert.Equal(Grown, (await system.PositionsAsync()).Count(position => position.Value > 0));
        AllLogsAreComparedAtOneLook(system.Bus.KafkaServers);
        await system.VerifiedAsync($"4 partitions grown to {Grown} under load");
        for (var i = 0; i < Moved; i++)
        {
            await system.Bus.ServesAsync($"moved-{i}", SampleOrders.Of($"moved-{i}", edition: 2));
        }
    }

    /// <summary>Each is told to be another one than what was read; a look that sees a few of them would find only those.</summary>
    private static void AllLogsAreComparedAtOneLook(string servers)
    {
        using var check = new LogCheck(Topics.Orders, "check", new KafkaOptions { BootstrapServers = servers }, TimeProvider.System);
        var read = new Watermark(1, 1, new LastRecord(0, 0, []));

        var others = check.FindOthers(
            Enumerable.Range(0, Grown).ToDictionary(partition => partition, _ => new ReadLog(read, read)), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, Grown), others.Order());
    }
}
