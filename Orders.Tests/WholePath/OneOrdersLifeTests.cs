using Orders.Contracts;
using Orders.Tests.Servers;
using Orders.Tools.Running;

namespace Orders.Tests.WholePath;

/// <summary>From nothing to the whole path of one order, and back to nothing, with the embedded Kafka.</summary>
[Trait("Category", "system")]
public sealed class OneOrdersLifeTests
{
    [Fact]
    public Task An_order_is_served_updated_removed_and_told_of_and_outlives_a_restart() => OneOrdersLife.RunAsync(realKafka: false);
}

/// <summary>The same with Apache Kafka.</summary>
[Trait("Category", "kafka")]
public sealed class OneOrdersLifeOnApacheKafkaTests
{
    [Fact]
    public Task An_order_is_served_updated_removed_and_told_of_and_outlives_a_restart() => OneOrdersLife.RunAsync(realKafka: true);
}

internal static class OneOrdersLife
{
    private const string Uid = "kcat-1";

    public static async Task RunAsync(bool realKafka)
    {
        await using var system = await BusSystem.UpAsync(realKafka);
        Assert.Equal(realKafka ? "apache" : "embedded", system.Status.GetProperty("kafka").GetProperty("kind").GetString());
        Assert.Equal(SampleOrders.Published, (await system.GetOrderAsync(SampleOrders.Uid)).Body);

        if (realKafka)
        {
            await BrokerHasTheGivenOptionsAsync(system);
        }

        await ComesAndGoesAsync(system);
        await StaysUpAsync(system);
        await GoesDownAndComesBackAsync(system);
    }

    /// <summary>Those of <c>KAFKA_HEAP_OPTS</c>.</summary>
    private static async Task BrokerHasTheGivenOptionsAsync(BusSystem system)
    {
        using var broker = await system.ProcessAsync(ProcessName.Kafka);
        var arguments = (await File.ReadAllTextAsync($"/proc/{broker.Id}/cmdline", TestContext.Current.CancellationToken)).Split('\0');
        Assert.Equal(BusSystem.BrokerOptions.Split(' '), arguments.Intersect(BusSystem.BrokerOptions.Split(' ')));
    }

    /// <summary>A foreign client, no headers: create, update, remove.</summary>
    private static async Task ComesAndGoesAsync(BusSystem system)
    {
        await KcatAsync(system, Uid, SampleOrders.Of(Uid, edition: 1));
        await system.ServesAsync(Uid, SampleOrders.Of(Uid, edition: 1));
        await KcatAsync(system, Uid, SampleOrders.Of(Uid, edition: 2));
        await system.ServesAsync(Uid, SampleOrders.Of(Uid, edition: 2));
        await KcatAsync(system, Uid, value: null);
        await system.AnswersAsync(Uid, 404);

        var events = (await system.EventsAsync()).Where(e => e.Key == Uid).Select(e => (e.Type, e.Sequence, e.Id));
        Assert.Equal(
            [
                (OrderEventTypes.Created, 1, $"{Uid}:1"),
                (OrderEventTypes.Updated, 2, $"{Uid}:2"),
                (OrderEventTypes.Removed, 3, $"{Uid}:3"),
            ],
            events);
    }

    /// <summary>A second up changes nothing.</summary>
    private static async Task StaysUpAsync(BusSystem system)
    {
        var before = Processes(system);
        await system.StartAsync();
        Assert.Equal(before, Processes(system));
    }

    private static async Task GoesDownAndComesBackAsync(BusSystem system)
    {
        var processes = Processes(system);
        await system.StopAsync();
        Assert.All(processes, process => Assert.False(IsAlive(process.Value), $"{process.Key} ({process.Value}) is still there after down"));

        await system.StartAsync();
        await system.ServesAsync(SampleOrders.Uid, SampleOrders.Published);
        await system.AnswersAsync(Uid, 404);
        await system.PublishAsync("after-restart", SampleOrders.Of("after-restart"));
        await system.ServesAsync("after-restart", SampleOrders.Of("after-restart"));
    }

    private static async Task KcatAsync(BusSystem system, string key, byte[]? value)
    {
        // kcat sends a null value for an empty one with -Z; a line is cut at the delimiter given with -K, so the value comes as a file.
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, value ?? System.Text.Encoding.UTF8.GetBytes(key + "\t"), TestContext.Current.CancellationToken);
            string[] arguments = value is null
                ? ["-P", "-b", system.KafkaServers, "-t", Topics.Orders, "-Z", "-K", "\t", "-l", file]
                : ["-P", "-b", system.KafkaServers, "-t", Topics.Orders, "-k", key, file];
            (await Command.RunAsync("kcat", arguments)).Succeeded();
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Dictionary<string, int> Processes(BusSystem system) => system.Status.GetProperty("processes").EnumerateArray()
        .ToDictionary(process => process.GetProperty("name").GetString()!, process => process.GetProperty("id").GetInt32());

    /// <summary>A process that has ended and only waits to be reaped (state Z) is not alive; where init does not reap, it stays for ever.</summary>
    private static bool IsAlive(int id)
    {
        var status = $"/proc/{id}/status";
        return File.Exists(status) && !File.ReadLines(status).Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
    }
}
