using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using Librdkafka;
using Npgsql;
using Orders.Contracts;
using Orders.Tests.Faults;
using Orders.Tests.Servers;
using Orders.Tests.Tidy;
using Orders.Tools;
using Orders.Tools.Printing;
using Orders.Tools.Running;
using Orders.Tools.Up;
using Orders.Tools.Verify;

namespace Orders.Tests.WholePath;

/// <summary>A whole system of its own, started by the command as a user starts it, in a directory that goes with it.</summary>
internal sealed class BusSystem : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busorders-").FullName;
    private readonly Dictionary<string, string?> _environment;
    private IProducer<byte[]?, byte[]?>? _producer;
    private NpgsqlDataSource? _database;

    private BusSystem(bool realKafka) => _environment = new Dictionary<string, string?>
    {
        ["BUS_ROOT"] = SourceTree.Repository.PathOf("."),
        ["KAFKA_HOME"] = realKafka ? Environment.GetEnvironmentVariable("KAFKA_HOME") : null,
        [ApacheKafkaPart.JavaOptionsVariable] = BrokerOptions,
    };

    /// <summary>
    /// What the broker's Java is told. Most brokers live for a minute here, and would spend more of it optimizing themselves than that gains; those of
    /// faults that last long are as users have them.
    /// </summary>
    public static string BrokerOptions { get; } = FaultLength.IsLong
        ? ApacheKafkaPart.DefaultJavaOptions
        : $"{ApacheKafkaPart.DefaultJavaOptions} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    /// <summary>For the gateway; addresses are relative to it.</summary>
    public HttpClient Gateway { get; } = new();

    /// <summary>For the operations port; addresses are relative to it.</summary>
    public HttpClient Operations { get; } = new();

    /// <summary>What <c>bus status --json</c> said last.</summary>
    public JsonElement Status { get; private set; }

    public string KafkaServers => Text("kafka", "bootstrapServers");

    /// <summary>The installation's tables, as their owner.</summary>
    public NpgsqlDataSource Database => _database ??= NpgsqlDataSource.Create(Text("postgres", "connectionString"));

    /// <summary>How each role reaches the tables.</summary>
    public Connections Connections
    {
        get
        {
            var workspace = new Workspace(_directory);
            return Connections.Of(StateFile.Read(workspace)!, workspace);
        }
    }

    public static async Task<BusSystem> UpAsync(bool realKafka = false, params (string Name, string Value)[] settings)
    {
        var system = new BusSystem(realKafka);
        try
        {
            await system.StartAsync(settings);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary><c>bus up</c>; settings reach the hosts as environment variables.</summary>
    public async Task StartAsync(params (string Name, string Value)[] settings)
    {
        foreach (var (name, value) in settings)
        {
            _environment[name] = value;
        }

        (await RunAsync("up", "--detach", "--address", "127.0.0.1:0")).Succeeded();
        await ReadStatusAsync();
        Gateway.BaseAddress ??= new Uri(Text("gateway", "url"));
        Operations.BaseAddress ??= new Uri(Text("operations", "url"));
    }

    /// <summary><c>bus down</c>; connections to what it stops go with it.</summary>
    public async Task StopAsync()
    {
        await DisconnectAsync();
        (await RunAsync("down")).Succeeded();
    }

    public async Task ReadStatusAsync() => Status = JsonDocument.Parse((await RunAsync("status", "--json")).Output).RootElement;

    /// <summary>What one of the system's processes has written so far.</summary>
    public string LogOf(string process)
    {
        using var log = new StreamReader(new FileStream(new Workspace(_directory).LogOf(process), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd();
    }

    /// <summary>Where the system keeps its Postgres.</summary>
    public string PostgresHome => new Workspace(_directory).In("postgres");

    /// <summary>Runs the command against this system.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(input: null, arguments);

    public Task<CommandResult> RunAsync(byte[]? input, params string[] arguments)
    {
        var tools = Path.Combine(AppContext.BaseDirectory, "Orders.Tools.dll");
        return Command.RunAsync("dotnet", [tools, .. arguments, "--dir", _directory], input, _environment);
    }

    /// <summary><c>bus verify</c> in the test's own process, for tests that look often: a process of its own compiles for longer than it looks.</summary>
    public async Task<CommandResult> VerifyHereAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var bus = new BusContext(new Terminal(output, errors, interactive: false), SourceTree.Repository.PathOf("."), TimeProvider.System);
        var exitCode = await new CommandLine(bus, [VerifyVerb.Define(bus)])
            .RunAsync(["verify", .. arguments, "--dir", _directory], TestContext.Current.CancellationToken);
        return new CommandResult(exitCode, output.ToString(), errors.ToString());
    }

    /// <summary>One of the system's processes, as soon as it runs.</summary>
    public async Task<Process> ProcessAsync(string name)
    {
        Process? found = null;
        await Eventually.SeeAsync(
            async () =>
            {
                await ReadStatusAsync();
                var process = Status.GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("name").GetString() == name);
                found = process.GetProperty("state").GetString() == "running" ? OfId(process.GetProperty("id").GetInt32()) : null;
                return process;
            },
            _ => found is not null);
        return found!;
    }

    /// <summary>Sends <c>STOP</c>, <c>CONT</c> or another signal to one of the system's processes.</summary>
    public async Task SignalAsync(string name, string signal)
    {
        using var process = await ProcessAsync(name);
        await Signal.SendAsync(process.Id, signal);
    }

    /// <summary>Puts a record on the topic of orders, byte for byte; returns when the broker has it.</summary>
    public async Task PublishAsync(string? key, byte[]? value)
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        _producer ??= new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
        {
            BootstrapServers = KafkaServers,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 0,
        }).Build();
        var message = new Message<byte[]?, byte[]?> { Key = key is null ? null : System.Text.Encoding.UTF8.GetBytes(key), Value = value };
        await _producer.ProduceAsync(Topics.Orders, message, TestContext.Current.CancellationToken);
    }

    /// <summary>GET of an order: the status code and the body's bytes.</summary>
    public async Task<(int Status, byte[] Body)> GetOrderAsync(string uid)
    {
        using var response = await Gateway.GetAsync(new Uri($"/order/{uid}", UriKind.Relative), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    public Task ServesAsync(string uid, byte[] content) =>
        Eventually.SeeAsync(() => GetOrderAsync(uid), answer => answer.Status == 200 && answer.Body.AsSpan().SequenceEqual(content));

    public Task<(int Status, byte[] Body)> AnswersAsync(string uid, int status) =>
        Eventually.SeeAsync(() => GetOrderAsync(uid), answer => answer.Status == status);

    /// <summary>One value out of the installation's database.</summary>
    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary><c>bus verify</c>, after what was published so far has arrived: nothing is wrong.</summary>
    public async Task VerifiedAsync() => (await RunAsync("verify")).Succeeded();

    /// <summary>Every event on the topic, in its order, once none waits in the outbox: key, type, sequence, id.</summary>
    public async Task<List<(string Key, string Type, long Sequence, string Id)>> EventsAsync()
    {
        await Eventually.SeeAsync(() => QueryAsync<long>("SELECT count(*) FROM outbox"), waiting => waiting == 0);
        var result = await Command.RunAsync(
            "kcat", ["-C", "-e", "-q", "-b", KafkaServers, "-t", Topics.OrderEvents, "-o", "beginning", "-f", "%k\t%h\n"]);
        return [.. result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

        static (string, string, long, string) Parse(string line)
        {
            var (key, rest) = (line.Split('\t')[0], line.Split('\t')[1]);
            var headers = rest.Split(',').Select(header => header.Split('=', 2)).ToDictionary(header => header[0], header => header[1]);
            return (key, headers["ce_type"], long.Parse(headers["ce_sequence"], CultureInfo.InvariantCulture), headers["ce_id"]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        Gateway.Dispose();
        Operations.Dispose();
        var down = await RunAsync("down");
        Directory.Delete(_directory, recursive: true);
        down.Succeeded();
    }

    private static Process? OfId(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            // It ended since the status was written; its successor shows there soon.
            return null;
        }
    }

    private async Task DisconnectAsync()
    {
        _producer?.Dispose();
        _producer = null;
        if (_database is not null)
        {
            await _database.DisposeAsync();
            _database = null;
        }
    }

    private string Text(string part, string property) => Status.GetProperty(part).GetProperty(property).GetString()!;
}
