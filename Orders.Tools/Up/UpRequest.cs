using System.Globalization;
using System.Net;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>What <c>bus up</c> was asked for.</summary>
/// <param name="Kafka"><c>embedded</c>, <c>host:port</c>, or null for the default.</param>
/// <param name="Address">Where the gateway shall listen; null for the kept or default address.</param>
/// <param name="KafkaHome">The environment's <c>KAFKA_HOME</c>.</param>
/// <param name="DatabaseSchema">The environment's <c>Storage__Schema</c>.</param>
internal sealed record UpRequest(string? Kafka, string? Address, string? KafkaHome, string? DatabaseSchema)
{
    private const string DefaultGateway = "127.0.0.1:8081";
    private const int PreferredOperationsPort = 8082;
    public const string DefaultSchema = "orders";

    /// <summary>Whether the real broker of a distribution is to be started.</summary>
    public bool NeedsJava => Kafka is null && !string.IsNullOrEmpty(KafkaHome);

    // Who takes any port for the gateway starts systems side by side, and the second would race the first for the usual one.
    private bool AnyPorts => Address is not null && Ports.Parse(Address).Port == 0;

    /// <summary>Refuses a request that a running system does not fulfil: changing it would mean stopping it.</summary>
    public void MustFit(SystemState running)
    {
        if (Kafka is not null && Kafka != (running.Kafka.IsEmbedded ? KafkaState.Embedded : running.Kafka.BootstrapServers))
        {
            throw BusException.Failed(
                $"--kafka {Kafka} was asked for, but the system runs already on {Describe(running.Kafka)}. Stop it first: bus down");
        }

        var asked = Address is null ? null : Ports.Parse(Address);
        if (asked is not null && asked.Port != 0 && !asked.Equals(Ports.Parse(running.Addresses.Gateway)))
        {
            throw BusException.Failed(
                $"--address {Address} was asked for, but the gateway runs already on {running.Addresses.Gateway}. Stop it first: bus down");
        }
    }

    /// <summary>The state a new supervisor starts from; what <paramref name="last"/> had is kept where it can be.</summary>
    public SystemState Prepare(SystemState? last, Func<IPEndPoint, bool> isFree)
    {
        // The ports of processes that a killed supervisor left behind are in use by ourselves and stay.
        bool FreeOrOurs(IPEndPoint endPoint, string process) => last?.Alive(process) is not null || isFree(endPoint);

        var taken = new HashSet<int>();
        var gateway = ChooseGateway(last, isFree, taken);
        var addresses = new Addresses(
            gateway,
            Ports.KeepOrFree(last?.Addresses.Operations ?? (AnyPorts ? 0 : PreferredOperationsPort), taken, e => FreeOrOurs(e, ProcessName.Service)),
            Ports.KeepOrFree(last?.Addresses.Postgres ?? 0, taken, e => FreeOrOurs(e, ProcessName.Postgres)),
            Ports.KeepOrFree(last?.Addresses.Redis ?? 0, taken, e => FreeOrOurs(e, ProcessName.Redis)),
            Ports.KeepOrFree(last?.Addresses.Kafka ?? 0, taken, e => FreeOrOurs(e, ProcessName.Kafka)),
            Ports.KeepOrFree(last?.Addresses.KafkaController ?? 0, taken, e => FreeOrOurs(e, ProcessName.Kafka)));
        return new SystemState
        {
            Phase = Phase.Starting,
            Addresses = addresses,
            Kafka = ChooseKafka(last, addresses),
            DatabaseSchema = string.IsNullOrEmpty(DatabaseSchema) ? DefaultSchema : DatabaseSchema,
            Processes = last?.Processes ?? new Dictionary<string, ProcessEntry>(),
        };
    }

    public static string Describe(KafkaState kafka) => kafka switch
    {
        { IsEmbedded: true } => "the embedded Kafka",
        { Home: { } home } => $"Apache Kafka from {home}",
        _ => $"Apache Kafka at {kafka.BootstrapServers}",
    };

    private KafkaState ChooseKafka(SystemState? last, Addresses addresses)
    {
        var own = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{addresses.Kafka}");
        return Kafka switch
        {
            KafkaState.Embedded => new(KafkaState.Embedded, null, ""),
            { } external => new(KafkaState.Apache, null, external),

            // A broker that a killed supervisor left behind holds the records; it is kept whatever the environment says now.
            null when last?.Alive(ProcessName.Kafka) is not null && last.Kafka.Home is { } home => new(KafkaState.Apache, home, own),
            null when !string.IsNullOrEmpty(KafkaHome) => new(KafkaState.Apache, Path.GetFullPath(KafkaHome), own),
            _ => new(KafkaState.Embedded, null, ""),
        };
    }

    private string ChooseGateway(SystemState? last, Func<IPEndPoint, bool> isFree, HashSet<int> taken)
    {
        var wanted = Ports.Parse(Address ?? last?.Addresses.Gateway ?? DefaultGateway);
        if (wanted.Port == 0)
        {
            var kept = last is null ? 0 : Ports.Parse(last.Addresses.Gateway).Port;
            var ours = last?.Alive(ProcessName.Gateway) is not null;
            return new IPEndPoint(wanted.Address, Ports.KeepOrFree(kept, taken, endPoint => ours || isFree(endPoint))).ToString();
        }

        // Taken over only where the process left behind listens on the very address that is wanted.
        var left = last is not null && last.Alive(ProcessName.Gateway) is not null && Ports.Parse(last.Addresses.Gateway).Equals(wanted);
        if (!left && !isFree(wanted))
        {
            throw BusException.Failed(
                $"Port {wanted.Port} on {wanted.Address} is taken by another program, so the gateway cannot listen there. "
                + $"Give it another one, such as: bus up -a 127.0.0.1:0 (any free port)");
        }

        taken.Add(wanted.Port);
        return wanted.ToString();
    }
}
