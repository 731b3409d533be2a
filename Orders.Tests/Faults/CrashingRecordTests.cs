using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>A record ends the process whenever it is worked on; the supervisor starts it again, and again.</summary>
[Trait("Category", "kafka")]
public sealed class CrashingRecordTests
{
    private const string Deadly = "deadly";
    private const int Neighbours = 12;

    [Fact]
    public async Task It_is_found_after_a_few_starts_and_kept_without_being_looked_into_and_the_service_runs_on()
    {
        await using var system = await ArmedSystem.UpAsync(("Failures__UncleanStarts", "2"));
        using var topic = new OrdersTopic(system.Bus);
        system.Arm($"record=kill:key({Deadly})");
        await Task.WhenAll(Enumerable.Range(0, Neighbours).Select(i =>
            i == Neighbours / 2 ? topic.PutAsync(0, Deadly, SampleOrders.Of(Deadly)) : topic.PutAsync(0, $"beside-{i}", SampleOrders.Of($"beside-{i}"))));

        // Two starts that crash over a batch, and one over the record alone; besides, each that got on with one that came before it.
        await system.FiredAsync("record", 1);
        await system.FiredAsync("record", 2);
        await system.FiredAsync("record", 3);
        await Eventually.SeeAsync(
            async () =>
            {
                system.Hurry();
                return await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'dead' AND reason = 'crash_suspect'");
            },
            dead => dead == 1);

        await Eventually.SeeAsync(
            () => system.Bus.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'beside-%'"), stored => stored == Neighbours - 1);
        await topic.PutAsync(0, "later", SampleOrders.Of("later"));
        await system.Bus.ServesAsync("later", SampleOrders.Of("later"));
        Assert.InRange(system.Fired("record"), 3, 3 + (Neighbours / 2));
        Assert.Equal(SampleOrders.Of(Deadly), await system.Bus.QueryAsync<byte[]>("SELECT value FROM dead_letter"));
        Assert.Equal(1, await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter"));
        await system.Bus.VerifiedAsync();
    }
}
