using System.Globalization;
using System.Text.Json;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;
using Orders.Tools.Publish;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>The tests of faults share one system, one after the other and with nothing else beside them: each leaves it whole.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultTests : ICollectionFixture<FaultSystem>
{
    public const string Name = "faults";
}

/// <summary>
/// A whole system with Apache Kafka, and the ledger of all that was ever sent to it: every test ends with a proof over everything, that of the tests
/// before it included.
/// </summary>
public sealed class FaultSystem : IAsyncLifetime
{
    /// <summary>As many characters of a log say what went on in its last minutes.</summary>
    private const int LogTail = 20_000;
    private int _loads;

    /// <summary>For whoever sends orders by himself.</summary>
    internal string LedgerFile { get; } = Path.GetTempFileName();

    internal BusSystem Bus { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Bus = await BusSystem.UpAsync(realKafka: true);

    public async ValueTask DisposeAsync()
    {
        await Bus.DisposeAsync();
        File.Delete(LedgerFile);
    }

    /// <summary>Starts a load of other orders than every load before.</summary>
    internal OrderLoad Load(Shares shares, double rate = OrderLoad.UsualRate) =>
        new(Bus.KafkaServers, LedgerFile, FaultLength.Seed + 1_000_003L * ++_loads, rate, shares);

    /// <summary>A further instance of the service, in the same group and on the same tables.</summary>
    internal HostProcess StartInstance(string? connection = null) => HostProcess.StartService(connection ?? Bus.Connections.Service, Bus.KafkaServers);

    /// <summary>What all tests begin with: the service is there and reads.</summary>
    internal Task ReadyAsync() => OrTellAsync(Eventually.SeeAsync(() => ReadinessOfAsync(Bus.Operations), answer => answer.Status == 200));

    /// <summary>Tells what was logged last where the service was waited for in vain; logs go with the system.</summary>
    internal async Task OrTellAsync(Task ready)
    {
        try
        {
            await ready;
        }
        catch (Exception) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            foreach (var name in (string[])[ProcessName.Service, ProcessName.Kafka, ProcessName.Supervisor])
            {
                var log = Bus.LogOf(name);
                Tell($"{name} logged last:\n{log[Math.Max(0, log.Length - LogTail)..]}");
            }

            throw;
        }
    }

    /// <summary>Nobody restarts what ends, until the result is disposed of.</summary>
    internal async Task<Unsupervised> UnsupervisedAsync()
    {
        using var supervisor = await Bus.ProcessAsync(ProcessName.Supervisor);
        return await Unsupervised.StartAsync(supervisor.Id);
    }

    /// <summary>Ends one of the system's processes by a signal; returns when it is gone.</summary>
    internal async Task EndAsync(string name, string signal)
    {
        using var process = await Bus.ProcessAsync(name);
        var identity = ProcessIdentity.Of(process.Id)!;
        await Signal.SendAsync(process.Id, signal);
        await Eventually.SeeAsync(() => Task.FromResult(identity.IsAlive()), isAlive => !isAlive);
    }

    /// <summary><c>bus verify</c> over everything sent so far: not one anomaly. Prints its figures.</summary>
    internal async Task<JsonElement> VerifiedAsync(params string[] seen)
    {
        var result = await Bus.RunAsync("verify", "--ledger", LedgerFile, "--json");
        Assert.True(result.ExitCode == 0, $"Seed {FaultLength.Seed}. {string.Join(' ', seen)}\n{result.Errors}{result.Output}");
        var report = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(0, report.GetProperty("records").GetProperty("lag").GetInt64());
        Assert.Equal(0, report.GetProperty("events").GetProperty("waiting").GetInt64());
        var (sent, events) = (report.GetProperty("ledger"), report.GetProperty("events"));
        var (acked, unknown, repeated) = (sent.GetProperty("acked"), sent.GetProperty("unknown"), events.GetProperty("repeated"));
        Tell([.. seen, $"verify: {acked} acked, {unknown} unknown, {repeated} events repeated, 0 anomalies"]);
        return report;
    }

    /// <summary>Figures for the page of results; they are no part of what is asserted.</summary>
    internal static void Tell(params string[] figures) => TestContext.Current.TestOutputHelper!.WriteLine(
        $"{(FaultLength.IsLong ? "long" : "brief")}, seed {FaultLength.Seed}: {string.Join("; ", figures)}");

    internal static string In(TimeSpan? time) => time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalSeconds:0.0} s") : "never";

    /// <summary>How far each partition is accounted for.</summary>
    internal async Task<IReadOnlyDictionary<int, long>> PositionsAsync()
    {
        await using var command = Bus.Database.CreateCommand("SELECT partition, position FROM watermark WHERE topic = 'orders'");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var positions = new Dictionary<int, long>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            positions.Add(reader.GetInt32(0), reader.GetInt64(1));
        }

        return positions;
    }

    /// <summary>Waits until every partition has moved on from where it stands now; returns how long the slowest took.</summary>
    internal async Task<TimeSpan> EveryPartitionMovesAsync(IReadOnlyDictionary<int, long>? from = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        var before = from ?? await PositionsAsync();
        await Eventually.SeeAsync(PositionsAsync, now => now.All(one => one.Value > before.GetValueOrDefault(one.Key)));
        return TimeProvider.System.GetElapsedTime(start);
    }

    /// <summary>Returns when every record on the topic is accounted for and every event has left.</summary>
    internal async Task CaughtUpAsync()
    {
        using var group = new ServiceGroup(Bus.KafkaServers);
        var ends = group.Ends();
        await Eventually.SeeAsync(PositionsAsync, now => ends.All(end => now.GetValueOrDefault(end.Key) >= end.Value));
        await Eventually.SeeAsync(() => Bus.QueryAsync<long>("SELECT count(*) FROM outbox"), waiting => waiting == 0);
    }

    internal Task<long> AccountedAsync() => Bus.QueryAsync<long>("SELECT coalesce(sum(position), 0)::bigint FROM watermark WHERE topic = 'orders'");

    internal Task<long> DeadLettersAsync() => Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter");

    /// <summary>How many records were found to have been accounted for before: 0 more where nothing was read again.</summary>
    internal Task<long> RepeatsAsync() => Bus.QueryAsync<long>("SELECT coalesce(sum(duplicate + superseded), 0)::bigint FROM inbox");

    /// <summary>How often a batch met a watermark that stood elsewhere and was rolled back, in the life of the system's own service.</summary>
    internal int Fenced() => Bus.LogOf(ProcessName.Service).Split("Starting there").Length - 1;

    private static async Task<(int Status, string Said)> ReadinessOfAsync(HttpClient host)
    {
        try
        {
            using var answer = await host.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        catch (HttpRequestException nobody)
        {
            // Not started yet.
            return (0, nobody.Message);
        }
    }
}
