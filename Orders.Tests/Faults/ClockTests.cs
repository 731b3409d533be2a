using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>Producers' clocks stamp the records: equal, behind and ahead of each other across partitions; a removed order's old record comes late.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class ClockTests(FaultSystem system)
{
    private const string Superseded = "SELECT coalesce(sum(superseded), 0)::bigint FROM inbox";

    [Fact]
    public async Task Between_partitions_the_later_time_is_newer_a_tie_is_not_and_the_future_counts_as_now()
    {
        await system.ReadyAsync();
        using var topic = new OrdersTopic(system.Bus);
        await topic.TrustProducersClocksAsync(true);
        try
        {
            await OddTimestampsAsync(topic);
            await RemovedAndLateAsync(topic);
        }
        finally
        {
            await topic.TrustProducersClocksAsync(false);
        }

        await system.VerifiedAsync("equal, skewed and future timestamps in two partitions", "a removal, an old record after it, a new one");
    }

    private async Task OddTimestampsAsync(OrdersTopic topic)
    {
        var now = TimeProvider.System.GetUtcNow();
        await ArriveAsync(topic, 0, "clocks", edition: 1, now.AddMinutes(-10), version: 1);
        await SupersededAsync(topic, 1, "clocks", edition: 2, now.AddMinutes(-10));
        await ArriveAsync(topic, 1, "clocks", edition: 2, now.AddMinutes(-5), version: 2);

        // A clock that is behind loses against another partition, and never within its own.
        await SupersededAsync(topic, 0, "clocks", edition: 3, now.AddMinutes(-6));
        await ArriveAsync(topic, 1, "clocks", edition: 4, now.AddMinutes(-9), version: 3);

        // Dated in the future it counts as of now, so what comes after it is not blocked.
        await ArriveAsync(topic, 0, "clocks", edition: 5, now.AddMinutes(50), version: 4);
        await ArriveAsync(topic, 1, "clocks", edition: 6, now.AddMinutes(50), version: 5);
    }

    private async Task RemovedAndLateAsync(OrdersTopic topic)
    {
        var now = TimeProvider.System.GetUtcNow();
        await ArriveAsync(topic, 2, "removed", edition: 1, now.AddMinutes(-10), version: 1);
        await topic.PutAsync(2, "removed", value: null, now.AddMinutes(-5));
        await system.Bus.AnswersAsync("removed", 404);
        await SupersededAsync(topic, 3, "removed", edition: 2, now.AddMinutes(-7));
        Assert.Equal(404, (await system.Bus.GetOrderAsync("removed")).Status);
        await ArriveAsync(topic, 3, "removed", edition: 3, now.AddMinutes(-1), version: 3);
    }

    private async Task ArriveAsync(OrdersTopic topic, int partition, string uid, int edition, DateTimeOffset time, long version)
    {
        await topic.PutAsync(partition, uid, SampleOrders.Of(uid, edition), time);
        await Eventually.SeeAsync(() => VersionAsync(uid), seen => seen == version);
        await system.Bus.ServesAsync(uid, SampleOrders.Of(uid, edition));
    }

    private async Task SupersededAsync(OrdersTopic topic, int partition, string uid, int edition, DateTimeOffset time)
    {
        var (before, version) = (await system.Bus.QueryAsync<long>(Superseded), await VersionAsync(uid));
        await topic.PutAsync(partition, uid, SampleOrders.Of(uid, edition), time);
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>(Superseded), after => after == before + 1);
        Assert.Equal(version, await VersionAsync(uid));
    }

    private Task<long> VersionAsync(string uid) => system.Bus.QueryAsync<long>($"SELECT coalesce(max(version), 0) FROM orders WHERE order_uid = '{uid}'");
}
