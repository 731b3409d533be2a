using Orders.Tools.Running;
using Orders.Tools.Status;

namespace Orders.Tools.Up;

/// <summary>One of the two hosts, from where the build put it.</summary>
internal sealed class HostPart(string name, Supervision supervision) : Part(name, supervision)
{
    protected override TimeSpan Patience => TimeSpan.FromSeconds(30);

    protected override int? AnonymousPort => new Uri(Url).Port;

    private string Project => Name == ProcessName.Service ? "Orders.Service" : "Orders.Gateway";

    private string Url => Name == ProcessName.Service ? Supervision.State.Addresses.OperationsUrl : Supervision.State.Addresses.GatewayUrl;

    /// <summary>What the host says about its readiness.</summary>
    public Task<Readiness> ReadinessAsync(CancellationToken cancellationToken) => Readiness.AskAsync(Url, cancellationToken);

    public static IReadOnlyDictionary<string, string> ServiceSettings(SystemState state, Connections connections)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Orders"] = connections.Service,
            ["Storage__Schema"] = state.DatabaseSchema,
            ["Kafka__BootstrapServers"] = state.Kafka.BootstrapServers,
            ["Operations__Url"] = state.Addresses.OperationsUrl,
        };
        if (state.Kafka.IsEmbedded)
        {
            settings["Ingest__Reading__VolatileLog"] = "true";
        }

        return settings;
    }

    public static IReadOnlyDictionary<string, string> GatewaySettings(SystemState state, Connections connections) =>
        new Dictionary<string, string>
    {
        ["ConnectionStrings__Orders"] = connections.Gateway,
        ["ConnectionStrings__Redis"] = connections.Redis,
        ["Storage__Schema"] = state.DatabaseSchema,
        ["Kafka__BootstrapServers"] = state.Kafka.BootstrapServers,
        ["Gateway__Url"] = $"http://{state.Addresses.Gateway}",
    };

    protected override Launch Describe() => HostProgram.Of(Supervision.Bus.Root, Project).Launch(
        Log,
        [],
        Name == ProcessName.Service
            ? ServiceSettings(Supervision.State, Supervision.Connections)
            : GatewaySettings(Supervision.State, Supervision.Connections));

    protected override async Task<bool> AnswersAsync(CancellationToken cancellationToken) =>
        (await ReadinessAsync(cancellationToken)).Answers;
}
