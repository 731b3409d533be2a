using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>The broker deletes old records, as retention does, and the last accounted one, by which a log is recognised, is among them.</summary>
public sealed class DeletedHeadTests
{
    [Fact]
    [Trait("Category", "kafka")]
    public async Task A_restart_reads_on_where_everything_accounted_for_was_deleted()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        (await system.RunAsync("publish", "--count", "100")).Succeeded();
        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == 101);
        await DeleteAllRecordsAsync(system.KafkaServers);

        await system.StopAsync();
        await system.StartAsync();
        (await system.RunAsync("publish", "--count", "100", "--seed", "5")).Succeeded();

        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == 201);
        Assert.Equal(0, await system.QueryAsync<long>("SELECT sum(lost)::bigint FROM inbox"));
        Assert.Equal(1, await system.QueryAsync<int>("SELECT max(epoch) FROM watermark"));
    }

    private static async Task DeleteAllRecordsAsync(string servers)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        var partitions = admin.GetMetadata(Topics.Orders, TimeSpan.FromSeconds(10)).Topics.Single().Partitions;
        await admin.DeleteRecordsAsync(
            partitions.Select(partition => new TopicPartitionOffset(Topics.Orders, partition.PartitionId, Offset.End)),
            new DeleteRecordsOptions { RequestTimeout = TimeSpan.FromSeconds(10) });
    }
}
