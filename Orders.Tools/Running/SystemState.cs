using System.Text.Json.Serialization;

namespace Orders.Tools.Running;

/// <summary>The names of the processes of a system.</summary>
internal static class ProcessName
{
    public const string Supervisor = "supervisor";
    public const string Postgres = "postgres";
    public const string Redis = "redis";
    public const string Kafka = "kafka";
    public const string Service = "service";
    public const string Gateway = "gateway";

    /// <summary>All of them; stopping follows <see cref="StopOrder"/>.</summary>
    public static readonly IReadOnlyList<string> All = [Supervisor, Postgres, Redis, Kafka, Service, Gateway];

    /// <summary>Users before what they use.</summary>
    public static readonly IReadOnlyList<string> StopOrder = [Gateway, Service, Kafka, Redis, Postgres];
}

/// <summary>What the supervisor is at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Phase>))]
internal enum Phase
{
    /// <summary>Nothing runs. Left by <c>up</c>.</summary>
    Stopped,

    /// <summary>
    /// From <c>up</c> until both hosts said they are ready. A supervisor that was killed leaves this or <see cref="Ready"/>.
    /// </summary>
    Starting,

    /// <summary>Both hosts were ready once; from then on the supervisor restarts what dies.</summary>
    Ready,

    /// <summary>The start failed; the supervisor stopped what it had started and ended. Left by the next <c>up</c>.</summary>
    Failed,
}

/// <summary>Which Kafka a system uses.</summary>
/// <param name="Kind"><c>apache</c> or <c>embedded</c>.</param>
/// <param name="Home">The distribution a private broker is started from; null where none is.</param>
/// <param name="BootstrapServers">Where it is reached; empty until known.</param>
internal sealed record KafkaState(string Kind, string? Home, string BootstrapServers)
{
    public const string Apache = "apache";
    public const string Embedded = "embedded";

    [JsonIgnore]
    public bool IsEmbedded => Kind == Embedded;

    [JsonIgnore]
    public bool IsExternal => Kind == Apache && Home is null;
}

/// <summary>The addresses of a system: chosen at the first <c>up</c>, kept from then on.</summary>
/// <param name="Gateway">Where the gateway listens, <c>host:port</c>.</param>
/// <param name="Operations">Port of the operations port, on loopback.</param>
/// <param name="Postgres">Port on loopback.</param>
/// <param name="Redis">Port on loopback.</param>
/// <param name="Kafka">Port of a private broker on loopback.</param>
/// <param name="KafkaController">Port of a private broker's controller on loopback.</param>
internal sealed record Addresses(string Gateway, int Operations, int Postgres, int Redis, int Kafka, int KafkaController)
{
    /// <summary>Where a program on this machine reaches the gateway.</summary>
    [JsonIgnore]
    public string GatewayUrl => "http://" + (Gateway.StartsWith("0.0.0.0:", StringComparison.Ordinal)
        ? string.Concat("127.0.0.1", Gateway.AsSpan(Gateway.LastIndexOf(':')))
        : Gateway);

    [JsonIgnore]
    public string OperationsUrl => $"http://127.0.0.1:{Operations}";
}

/// <summary>A process as it was started.</summary>
/// <param name="Identity">Which process.</param>
/// <param name="Settings">A hash of what it was started with: one that was started with other settings is not taken over.</param>
internal sealed record ProcessEntry(ProcessIdentity Identity, string Settings);

/// <summary>One finished step of a start.</summary>
internal sealed record Step(string Name, double Seconds, string Text);

/// <summary>
/// What is remembered about a system between calls of <c>bus</c>. Written by <c>up</c> and <c>down</c> while no supervisor runs,
/// and by the supervisor alone while it does.
/// </summary>
internal sealed record SystemState
{
    public string Schema { get; init; } = "busorders/state/1";

    public Phase Phase { get; init; }

    public string? Error { get; init; }

    public required KafkaState Kafka { get; init; }

    public required Addresses Addresses { get; init; }

    public required string DatabaseSchema { get; init; }

    public IReadOnlyDictionary<string, ProcessEntry> Processes { get; init; } = new Dictionary<string, ProcessEntry>();

    /// <summary>By name, of processes that ended unasked since the supervisor started. Its own end nobody sees, nor that of the embedded Kafka in it.</summary>
    public IReadOnlyDictionary<string, ProcessEnds> Ends { get; init; } = new Dictionary<string, ProcessEnds>();

    public IReadOnlyList<Step> Steps { get; init; } = [];

    /// <summary>The process of that name if it still runs.</summary>
    public ProcessIdentity? Alive(string name) =>
        Processes.TryGetValue(name, out var entry) && entry.Identity.IsAlive() ? entry.Identity : null;

    public SystemState With(string name, ProcessEntry entry) =>
        this with { Processes = new Dictionary<string, ProcessEntry>(Processes) { [name] = entry } };

    public SystemState Without(string name) =>
        this with { Processes = Processes.Where(pair => pair.Key != name).ToDictionary() };

    /// <summary>The process of that name ended unasked. Its entry stays: it tells who waits that something is missing.</summary>
    public SystemState Ended(string name, DateTimeOffset when, string how) => this with
    {
        Ends = new Dictionary<string, ProcessEnds>(Ends) { [name] = new((Ends.GetValueOrDefault(name)?.Count ?? 0) + 1, when, how) },
    };
}
