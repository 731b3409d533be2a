using System.Diagnostics;
using System.Globalization;
using Orders.Contracts;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>One record fails. Thousands of its order come behind it and thousands of others beside them; the service dies in between.</summary>
[Trait("Category", "kafka")]
public sealed class OneFailingOrderTests
{
    private const string Stuck = "stuck";
    private const int Each = 10_000;
    private const int AtATime = 50;
    private const string DeadLetter = "SELECT count(*) FROM dead_letter WHERE state = 'dead'";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Its_records_follow_in_order_once_it_is_mended_and_no_other_order_waits_for_it()
    {
        await using var system = await ArmedSystem.UpAsync(
            ("Failures__FirstRedelivery", "00:00:01"), ("Failures__SecondRedelivery", "00:00:01"), ("Failures__LastRedelivery", "00:00:01"));
        using var topic = new OrdersTopic(system.Bus);
        system.Arm($"record=throw:key({Stuck})");
        await topic.PutAsync(0, Stuck, SampleOrders.Of(Stuck));
        await PublishAsync(topic);

        await Eventually.SeeAsync(() => StoredAsync(system.Bus, "other-%"), stored => stored == Each);
        await StillStuckAsync(system.Bus);
        await SayWaitsAsync(system.Bus, "other-%");

        await system.KillAsync("service");
        await topic.PutManyAsync("after", AtATime);
        await Eventually.SeeAsync(() => StoredAsync(system.Bus, "after-%"), stored => stored == AtATime);
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>(DeadLetter), dead => dead == 1);
        await StillStuckAsync(system.Bus);

        await MendAsync(system);
        await EverythingHappenedInOrderAsync(system.Bus);
    }

    /// <summary>As many of the one order as of others, in turn; the others in all partitions, also in that of the one.</summary>
    private static async Task PublishAsync(OrdersTopic topic)
    {
        using var tick = new PeriodicTimer(Tick);
        var sent = new List<Task>();
        for (var number = 0; number < Each; number++)
        {
            sent.Add(topic.PutAsync(0, Stuck, SampleOrders.Of(Stuck, number + 2)));
            sent.Add(topic.PutAsync(number % OrdersTopic.Partitions, $"other-{number}", SampleOrders.Of($"other-{number}")));
            if (number % AtATime == 0)
            {
                await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }

        await Task.WhenAll(sent);
    }

    private static async Task StillStuckAsync(BusSystem bus)
    {
        Assert.Equal(0, await StoredAsync(bus, Stuck));
        await Eventually.SeeAsync(() => bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'parked'"), parked => parked == Each);
    }

    private static async Task MendAsync(ArmedSystem system)
    {
        var letter = await system.Bus.QueryAsync<long>("SELECT id FROM dead_letter WHERE state = 'dead'");
        system.Disarm();
        var start = Stopwatch.GetTimestamp();
        (await system.Bus.RunAsync("dlq", "replay", letter.ToString(CultureInfo.InvariantCulture))).Succeeded();
        await Eventually.SeeAsync(
            () => system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'resolved'"), resolved => resolved == Each + 1);
        Say($"The {Each} records behind it followed within {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s.");
        Assert.Equal(0, await system.Bus.QueryAsync<long>("SELECT count(*) FROM parking"));
    }

    private static async Task EverythingHappenedInOrderAsync(BusSystem bus)
    {
        Assert.Equal(Each + 1, await bus.QueryAsync<long>($"SELECT version FROM orders WHERE order_uid = '{Stuck}'"));
        await bus.ServesAsync(Stuck, SampleOrders.Of(Stuck, Each + 1));
        await bus.VerifiedAsync();
        var events = (await bus.EventsAsync()).Where(e => e.Key == Stuck).DistinctBy(e => e.Id).ToList();
        Assert.Equal(Enumerable.Range(1, Each + 1).Select(version => (long)version), events.Select(e => e.Sequence));
        Assert.Equal([OrderEventTypes.Created, OrderEventTypes.Updated], events.Select(e => e.Type).Distinct());
    }

    /// <summary>From the broker's time to the row's, both of one machine.</summary>
    private static async Task SayWaitsAsync(BusSystem bus, string uids)
    {
        const string wait = "(extract(epoch FROM updated_at) * 1000)::bigint - record_time";
        var most = await bus.QueryAsync<long>($"SELECT max({wait}) FROM orders WHERE order_uid LIKE '{uids}'");
        var median = await bus.QueryAsync<long>($"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY {wait}) FROM orders WHERE order_uid LIKE '{uids}'");
        Say($"From publish to stored the {Each} others waited {median} ms in the median and {most} ms at most.");
    }

    private static Task<long> StoredAsync(BusSystem bus, string uids) => bus.QueryAsync<long>($"SELECT count(*) FROM orders WHERE order_uid LIKE '{uids}'");

    private static void Say(string text) => TestContext.Current.SendDiagnosticMessage(text);
}
