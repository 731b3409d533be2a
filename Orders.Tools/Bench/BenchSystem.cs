using Confluent.Kafka;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Running;
using Orders.Tools.Status;
using Orders.Tools.Up;

namespace Orders.Tools.Bench;

/// <summary>
/// A fresh system in a directory of its own: Postgres, Redis and a real Kafka run; the hosts are started by the bench that wants them.
/// Everything is stopped and removed at the end, also after a failure or Ctrl-C.
/// </summary>
internal sealed class BenchSystem : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly BusContext _bus;
    private readonly Workspace _workspace;
    private readonly Supervision _supervision;
    private readonly string _temporary;
    private NpgsqlDataSource? _database;
    private bool _ownsTopics;

    private BenchSystem(BusContext bus, Workspace workspace, Supervision supervision, string temporary)
    {
        _bus = bus;
        _workspace = workspace;
        _supervision = supervision;
        _temporary = temporary;
    }

    public SystemState State => _supervision.State;

    public Connections Connections => _supervision.Connections;

    public string Kafka => State.Kafka.BootstrapServers;

    /// <summary>The installation's tables, as their owner.</summary>
    public NpgsqlDataSource Database => _database ??= NpgsqlDataSource.Create(Connections.Owner);

    /// <summary>The processes whose use of the machine counts; an external broker is not ours to look at.</summary>
    public IReadOnlyDictionary<string, ProcessIdentity> Processes =>
        new[] { ProcessName.Service, ProcessName.Gateway, ProcessName.Postgres, ProcessName.Kafka }
            .Where(name => State.Alive(name) is not null)
            .ToDictionary(name => name, name => State.Alive(name)!);

    /// <summary>The address of the Kafka asked for; null for a private one. Refuses what would measure something else than a real broker.</summary>
    public static string? MustBeReal(string? kafka, string? home) => kafka switch
    {
        KafkaState.Embedded => throw BusException.Unreachable("--kafka embedded keeps too little to be measured; bench needs a real Kafka."),
        not null => kafka,
        null when string.IsNullOrEmpty(home) => throw BusException.Unreachable(
            "bench needs a real Kafka, and KAFKA_HOME is not set. Set it to the folder of an Apache Kafka, or give --kafka HOST:PORT."),
        _ => null,
    };

    public static async Task<BenchSystem> StartAsync(BusContext bus, string? kafka, string? home, CancellationToken cancellationToken)
    {
        var temporary = Directory.CreateTempSubdirectory("bus-bench-").FullName;
        var workspace = new Workspace(BusDirectory.Choose(temporary, bus.Root).Path);
        workspace.Create();
        var state = new UpRequest(kafka, "127.0.0.1:0", home, null).Prepare(null, Ports.IsFree);

        // Made before the parts start side by side, which would each make their own.
        Secrets.Of(workspace);
        StateFile.Write(workspace.StateFile, state);
        var system = new BenchSystem(bus, workspace, new Supervision(bus, workspace, state), temporary);
        try
        {
            bus.Terminal.Say($"Starting Postgres, Redis and Kafka in {workspace.Path}.");
            await system.StartServersAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one of the hosts as <c>up</c> would, with further settings; returns while it is still starting.</summary>
    public ProcessIdentity StartHost(string name, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>(
            name == ProcessName.Service ? HostPart.ServiceSettings(State, Connections) : HostPart.GatewaySettings(State, Connections));
        foreach (var (setting, value) in settings)
        {
            environment[setting] = value;
        }

        var program = HostProgram.Of(_bus.Root, name == ProcessName.Service ? "Orders.Service" : "Orders.Gateway");
        var started = program.Launch(_workspace.LogOf(name), [], environment).Start();
        _supervision.Update(state => state.With(name, started));
        return started.Identity;
    }

    /// <summary>Waits until a host says it is ready.</summary>
    public async Task ReadyAsync(string name, CancellationToken cancellationToken)
    {
        var url = name == ProcessName.Service ? State.Addresses.OperationsUrl : State.Addresses.GatewayUrl;
        var start = _bus.Time.GetTimestamp();
        while (!(await Readiness.AskAsync(url, cancellationToken)).Ready)
        {
            MustRun(name);
            if (_bus.Time.GetElapsedTime(start) > StartPatience)
            {
                throw BusException.Unreachable($"{name} is not ready after {StartPatience.TotalSeconds:0} s.{LogTail(name)}");
            }

            await Task.Delay(Poll, _bus.Time, cancellationToken);
        }
    }

    /// <summary>Refuses to go on when a process has ended.</summary>
    public void MustRun(string name)
    {
        if (State.Alive(name) is null)
        {
            throw BusException.Unreachable($"{name} ended during the bench.{LogTail(name)}");
        }
    }

    public string LogTail(string name) => Launch.Tail(_workspace.LogOf(name));

    public string LogOf(string name) => _workspace.LogOf(name);

    public string FileOf(string name) => _workspace.In(name);

    public async Task StopHostAsync(string name, CancellationToken cancellationToken)
    {
        if (State.Alive(name) is { } process)
        {
            await Stopping.StopAsync(_bus, name, process, cancellationToken);
        }
    }

    /// <summary>Creates the service's tables once more under another schema's name.</summary>
    public Task MigrateAsync(string schema, CancellationToken cancellationToken) =>
        Migration.RunAsync(_bus.Root, Connections.OwnerForHost, schema, [], cancellationToken);

    /// <summary>Writes out what earlier steps left dirty, so that no measurement pays for another one.</summary>
    public async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        await using var superuser = NpgsqlDataSource.Create(Connections.SuperuserInDatabase);
        await using var command = superuser.CreateCommand("CHECKPOINT");
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        foreach (var name in ProcessName.StopOrder.Where(name => name != ProcessName.Kafka || !State.Kafka.IsExternal))
        {
            await StopHostAsync(name, CancellationToken.None);
        }

        if (_ownsTopics && State.Kafka.IsExternal)
        {
            using var admin = Admin();
            await admin.DeleteTopicsAsync([Topics.Orders, Topics.OrderEvents]);
        }

        Directory.Delete(_workspace.Path, recursive: true);
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }
    }

    private async Task StartServersAsync(CancellationToken cancellationToken)
    {
        var postgres = new PostgresPart(_supervision);
        await AllOrNothing.RunAsync([StartPostgresAsync, new RedisPart(_supervision).EnsureAsync, StartKafkaAsync], cancellationToken);

        async Task StartPostgresAsync(CancellationToken token)
        {
            await postgres.EnsureAsync(token);
            await postgres.CreateDatabaseAsync(token);
            await MigrateAsync(State.DatabaseSchema, token);
            await postgres.SetPasswordsAsync(token);
        }
    }

    private async Task StartKafkaAsync(CancellationToken cancellationToken)
    {
        if (State.Kafka.Home is not null)
        {
            await new ApacheKafkaPart(_supervision).EnsureAsync(cancellationToken);
        }

        var created = await KafkaTopics.EnsureAsync(Kafka);
        _ownsTopics = created.Count == 2;
        if (!_ownsTopics)
        {
            throw BusException.Failed(
                $"The Kafka at {Kafka} already has topic {Topics.Orders} or {Topics.OrderEvents}; bench needs a broker without them, "
                + "because it fills them and deletes them.");
        }
    }

    private IAdminClient Admin() =>
        new AdminClientBuilder(KafkaClients.Configure(new AdminClientConfig(), Kafka)).SetLogHandler(KafkaClients.Silent).Build();
}
