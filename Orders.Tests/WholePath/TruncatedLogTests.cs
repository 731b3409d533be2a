using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>The log's head is deleted, and the database goes back: nothing stalls, nothing is jumped over in silence.</summary>
[Trait("Category", "kafka")]
public sealed class TruncatedLogTests
{
    [Fact]
    public async Task Expired_records_do_not_stop_the_reader_deleted_ones_are_counted_lost_and_an_emptied_database_is_filled_again()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        var expected = 1L;
        await PublishAsync(system, "read", 20);
        expected += 20;
        await StoredAsync(system, expected);

        // Everything that was read has expired when the service starts again.
        await DeleteRecordsAsync(system);
        await system.SignalAsync("service", "KILL");
        await PublishAsync(system, "after-expiry", 10);
        expected += 10;
        await StoredAsync(system, expected);
        Assert.Equal(0, await system.QueryAsync<long>("SELECT sum(lost)::bigint FROM inbox"));

        // What nobody has read is deleted while the service is down; a frozen supervisor cannot start it too early.
        await system.SignalAsync("supervisor", "STOP");
        await system.SignalAsync("service", "KILL");
        await PublishAsync(system, "deleted", 10);
        await DeleteRecordsAsync(system);
        await PublishAsync(system, "after-deletion", 5);
        await system.SignalAsync("supervisor", "CONT");
        expected += 5;
        await StoredAsync(system, expected);
        Assert.Equal(10, await system.QueryAsync<long>("SELECT sum(lost)::bigint FROM inbox"));

        // A database restored from before knows nothing: what the topic still holds is read again.
        await system.QueryAsync<long>("WITH gone AS (DELETE FROM inbox RETURNING 1) SELECT count(*) FROM gone");
        await system.QueryAsync<long>("WITH gone AS (DELETE FROM watermark RETURNING 1) SELECT count(*) FROM gone");
        await system.QueryAsync<long>("WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone");
        for (var partition = 0; partition < 4; partition++)
        {
            await PublishAsync(system, $"restored-{partition}", 4);
        }

        await StoredAsync(system, 5 + 16);
    }

    private static Task PublishAsync(BusSystem system, string prefix, int count) => Task.WhenAll(
        Enumerable.Range(0, count).Select(i => system.PublishAsync($"{prefix}-{i}", SampleOrders.Of($"{prefix}-{i}"))));

    private static Task<long> StoredAsync(BusSystem system, long expected) => Eventually.SeeAsync(
        () => system.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == expected);

    private static async Task DeleteRecordsAsync(BusSystem system)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = system.KafkaServers }).Build();
        var whole = Enumerable.Range(0, 4).Select(partition => new TopicPartitionOffset(Topics.Orders, partition, Offset.End));
        await admin.DeleteRecordsAsync(whole);
    }
}
