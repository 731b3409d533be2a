using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F33: the same records come again when everything that is known of them is eight days old. The order knows them, not a window of time.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class LateDuplicateTests(FaultSystem system)
{
    private const string Duplicates = "SELECT coalesce(sum(duplicate), 0)::bigint FROM inbox";

    [Fact]
    public async Task Records_that_come_again_after_eight_days_have_no_second_effect()
    {
        await system.ReadyAsync();
        using var topic = new OrdersTopic(system.Bus);
        var orders = FaultLength.Of(200, 20_000);
        await topic.PutManyAsync("late", orders);
        await Eventually.SeeAsync(() => LateAsync("true"), stored => stored == orders);
        await system.Bus.QueryAsync<long>("""
            WITH aged AS (UPDATE inbox SET accounted_at = accounted_at - interval '8 days' RETURNING 1),
            old AS (
                UPDATE orders SET updated_at = updated_at - interval '8 days', record_time = record_time - 8 * 86400000::bigint
                WHERE order_uid LIKE 'late-%' RETURNING 1)
            SELECT (SELECT count(*) FROM aged) + (SELECT count(*) FROM old)
            """);

        var before = await system.Bus.QueryAsync<long>(Duplicates);
        await topic.PutManyAsync("late", orders);
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>(Duplicates), duplicates => duplicates == before + orders);
        Assert.Equal(orders, await LateAsync("version = 1"));
        await system.VerifiedAsync($"{orders} records again, 8 days late", "0 second effects");
    }

    private Task<long> LateAsync(string which) => system.Bus.QueryAsync<long>($"SELECT count(*) FROM orders WHERE order_uid LIKE 'late-%' AND {which}");
}
