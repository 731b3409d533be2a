using Orders.Contracts;
using Orders.Tests.Servers;
namespace Orders.Tests.WholePath;

/// <summary>The service is killed hard, again and again, while orders come in on Apache Kafka.</summary>
[Trait("Category", "kafka")]
public sealed class KilledServiceTests
{
    private const int Orders = 20_000;
    private const int Kills = 5;

    [Fact]
    public async Task Every_order_is_served_and_created_once_and_a_graceful_restart_reads_nothing_twice()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        var publishing = system.RunAsync("publish", "--count", $"{Orders}", "--seed", "7", "--rate", "1500");
        for (var kill = 1; kill <= Kills; kill++)
        {
            var share = Orders * kill / (Kills + 1);
            await Eventually.SeeAsync(() => StoredAsync(system), stored => stored >= share);
            await KillServiceAsync(system);
        }

        (await publishing).Succeeded();
        await Eventually.SeeAsync(() => StoredAsync(system), stored => stored == Orders + 1);
        await StatusTellsOfTheKillsAsync(system);
        await EveryOrderIsServedAsync(system);
        var created = (await system.EventsAsync()).DistinctBy(e => e.Id).ToList();
        Assert.Equal(Orders + 1, created.Count);
        Assert.All(created, e => Assert.Equal((OrderEventTypes.Created, 1L), (e.Type, e.Sequence)));

        await system.StopAsync();
        await system.StartAsync();
        Assert.Equal(0, await EndsAsync(system));
        await system.PublishAsync("after", SampleOrders.Of("after"));
        await system.ServesAsync("after", SampleOrders.Of("after"));
        Assert.Equal(0, await system.QueryAsync<long>("SELECT sum(duplicate + superseded)::bigint FROM inbox"));
        Assert.Equal(Orders + 2, await system.QueryAsync<long>("SELECT sum(stored)::bigint FROM inbox"));
        Assert.Equal(0, await system.QueryAsync<long>("SELECT count(*) FROM dead_letter"));
    }

    private static async Task KillServiceAsync(BusSystem system)
    {
        using var service = await system.ProcessAsync("service");
        service.Kill();
        await service.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task StatusTellsOfTheKillsAsync(BusSystem system)
    {
        await Eventually.SeeAsync(() => EndsAsync(system), ends => ends == Kills);
        var warnings = system.Status.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!);
        var told = Assert.Single(warnings, warning => warning.StartsWith("service ", StringComparison.Ordinal));
        Assert.StartsWith($"service ended unasked {Kills} times, last at 20", told, StringComparison.Ordinal);
        Assert.Contains("Z: exit code 137, as by signal 9. Logs: ", told, StringComparison.Ordinal);
    }

    private static async Task<int> EndsAsync(BusSystem system)
    {
        await system.ReadStatusAsync();
        var service = system.Status.GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("name").GetString() == "service");
        return service.GetProperty("ends").GetInt32();
    }

    private static async Task EveryOrderIsServedAsync(BusSystem system)
    {
        var uids = new List<string>();
        await using (var command = system.Database.CreateCommand("SELECT order_uid FROM orders"))
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                uids.Add(reader.GetString(0));
            }
        }

        Assert.Equal(Orders + 1, uids.Count);
        await Parallel.ForEachAsync(uids, TestContext.Current.CancellationToken, async (uid, _) =>
            Assert.Equal(200, (await system.GetOrderAsync(uid)).Status));
    }

    private static Task<long> StoredAsync(BusSystem system) => system.QueryAsync<long>("SELECT count(*) FROM orders");
}
