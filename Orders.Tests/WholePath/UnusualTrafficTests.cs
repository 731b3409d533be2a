using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>What a topic may do besides growing: get partitions, hold aborted transactions, carry any timestamps.</summary>
[Trait("Category", "kafka")]
public sealed class UnusualTrafficTests
{
    [Fact]
    public async Task New_partitions_aborted_transactions_and_odd_timestamps_lose_nothing_and_store_nothing_wrong()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        using var topic = new OrdersTopic(system);

        await topic.PutManyAsync("narrow", 8);
        await topic.GrowAsync(6);
        await topic.PutManyAsync("wide", 60, partitions: 6);
        await StoredAsync(system, 69);
        Assert.Equal(20, await system.QueryAsync<long>("SELECT sum(stored)::bigint FROM inbox WHERE partition >= 4"));

        // Five of ten transactions: 25 records nobody may see, and the marker at the end of each of the ten.
        topic.PutInTransactions("kept", transactions: 10, recordsEach: 5);
        await StoredAsync(system, 69 + 25);
        Assert.Equal(0, await system.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'kept-1-%' OR order_uid LIKE 'kept-9-%'"));
        await topic.PutAsync(0, "behind", SampleOrders.Of("behind"));
        await StoredAsync(system, 95);
        Assert.Equal(25 + 10, await system.QueryAsync<long>("SELECT sum(absent)::bigint FROM inbox"));

        await topic.TrustProducersClocksAsync();
        await OddTimestampsAsync(system, topic);
        await RemovedAndLateAsync(system, topic);
        await system.VerifiedAsync();
    }

    private static async Task OddTimestampsAsync(BusSystem system, OrdersTopic topic)
    {
        var now = TimeProvider.System.GetUtcNow();
        await ArriveAsync(system, topic, 0, "clocks", edition: 1, now.AddMinutes(-10), version: 1);

        // Between partitions only time tells, and a tie is not newer.
        await SupersededAsync(system, topic, 1, "clocks", edition: 2, now.AddMinutes(-10));
        await ArriveAsync(system, topic, 1, "clocks", edition: 2, now.AddMinutes(-5), version: 2);

        // A clock that is behind loses against another partition, and never within its own.
        await SupersededAsync(system, topic, 0, "clocks", edition: 3, now.AddMinutes(-6));
        await ArriveAsync(system, topic, 1, "clocks", edition: 4, now.AddMinutes(-9), version: 3);

        // Dated in the future it counts as of now, so what comes after it is not blocked.
        await ArriveAsync(system, topic, 0, "clocks", edition: 5, now.AddDays(3), version: 4);
        await ArriveAsync(system, topic, 1, "clocks", edition: 6, now.AddDays(3), version: 5);
    }

    private static async Task RemovedAndLateAsync(BusSystem system, OrdersTopic topic)
    {
        var now = TimeProvider.System.GetUtcNow();
        await ArriveAsync(system, topic, 2, "removed", edition: 1, now.AddMinutes(-10), version: 1);
        await topic.PutAsync(2, "removed", value: null, now.AddMinutes(-5));
        await system.AnswersAsync("removed", 404);
        await SupersededAsync(system, topic, 3, "removed", edition: 2, now.AddMinutes(-7));
        Assert.Equal(404, (await system.GetOrderAsync("removed")).Status);
        await ArriveAsync(system, topic, 3, "removed", edition: 3, now.AddMinutes(-1), version: 3);
    }

    private static async Task ArriveAsync(BusSystem system, OrdersTopic topic, int partition, string uid, int edition, DateTimeOffset time, long version)
    {
        await topic.PutAsync(partition, uid, SampleOrders.Of(uid, edition), time);
        await Eventually.SeeAsync(
            () => system.QueryAsync<long>($"SELECT coalesce(max(version), 0) FROM orders WHERE order_uid = '{uid}'"), seen => seen == version);
        await system.ServesAsync(uid, SampleOrders.Of(uid, edition));
    }

    private static async Task SupersededAsync(BusSystem system, OrdersTopic topic, int partition, string uid, int edition, DateTimeOffset time)
    {
        const string Superseded = "SELECT sum(superseded)::bigint FROM inbox";
        var before = await system.QueryAsync<long>(Superseded);
        var version = await system.QueryAsync<long>($"SELECT version FROM orders WHERE order_uid = '{uid}'");
        await topic.PutAsync(partition, uid, SampleOrders.Of(uid, edition), time);
        await Eventually.SeeAsync(() => system.QueryAsync<long>(Superseded), after => after == before + 1);
        Assert.Equal(version, await system.QueryAsync<long>($"SELECT version FROM orders WHERE order_uid = '{uid}'"));
    }

    private static Task<long> StoredAsync(BusSystem system, long expected) => Eventually.SeeAsync(
        () => system.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == expected);
}
