using System.Text.Json;
using Orders.Tools.Printing;
using Orders.Tools.Running;
using Orders.Tools.Up;

namespace Orders.Tools.Status;

/// <summary>One look at a system.</summary>
internal sealed class StatusReport
{
    public const string Schema = "busorders/status/1";

    private readonly Workspace _workspace;
    private readonly SystemState? _state;
    private readonly Connections? _connections;
    private readonly List<ProcessRow> _processes;

    private StatusReport(Workspace workspace, SystemState? state)
    {
        _workspace = workspace;
        _state = state;
        _connections = state is null ? null : Connections.Of(state, workspace);
        _processes = [.. ProcessName.All.Where(name => name != ProcessName.Kafka || state?.Kafka.IsExternal != true).Select(RowOf)];
    }

    /// <summary>All runs and is ready; warnings do not count.</summary>
    public bool IsFine => _processes.All(process => process.State == ProcessRow.Running) && Service.Ready && Gateway.Ready;

    private Readiness Service { get; set; } = new(false, false, []);

    private Readiness Gateway { get; set; } = new(false, false, []);

    private JsonElement? OfService { get; set; }

    private List<string> Warnings { get; } = [];

    public static async Task<StatusReport> TakeAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var report = new StatusReport(workspace, StateFile.Read(workspace));
        if (report._state is { } state && report._processes.Any(process => process.State == ProcessRow.Running))
        {
            var service = Readiness.AskAsync(state.Addresses.OperationsUrl, cancellationToken);
            var gateway = Readiness.AskAsync(state.Addresses.GatewayUrl, cancellationToken);
            var flow = ServiceStatus.AskAsync(state.Addresses.OperationsUrl, cancellationToken);
            var warnings = KafkaAudit.WarningsAsync(state.Kafka);
            (report.Service, report.Gateway, report.OfService) = (await service, await gateway, await flow);
            report.Warnings.AddRange(await warnings);
        }

        report.Warnings.AddRange(report._state?.Ends.Select(end => end.Value.Sentence(end.Key, workspace)) ?? []);
        return report;
    }

    /// <summary>The result for a script; passwords are in it, so it is for its owner's eyes.</summary>
    public object ForScripts() => new
    {
        schema = Schema,
        directory = _workspace.Path,
        state = IsFine ? "ready" : _processes.Any(process => process.State == ProcessRow.Running) ? "not_ready" : "stopped",
        kafka = _state is null
            ? null
            : new { kind = _state.Kafka.Kind, bootstrapServers = _state.Kafka.BootstrapServers, home = _state.Kafka.Home },
        postgres = _connections is null ? null : new { connectionString = _connections.Owner, uri = _connections.OwnerUri },
        redis = _connections is null ? null : new { connectionString = _connections.Redis },
        gateway = _state is null ? null : new { url = _state.Addresses.GatewayUrl, ready = Gateway.Ready, reasons = Gateway.Reasons },
        operations = _state is null ? null : new { url = _state.Addresses.OperationsUrl, ready = Service.Ready, reasons = Service.Reasons },
        processes = _processes.Select(process => new { name = process.Name, id = process.Id, state = process.State, ends = process.Ends }),
        service = OfService,
        warnings = Warnings,
    };

    public IEnumerable<string> ForPeople()
    {
        if (_state is null || _processes.All(process => process.State == ProcessRow.Stopped))
        {
            yield return $"Nothing runs in {_workspace.Path}. Start it with: bus up --detach";
            yield break;
        }

        foreach (var process in _processes)
        {
            yield return $"{process.Name,-12}{process.State,-10}{process.Id,-9}{DetailsOf(process.Name)}";
        }

        foreach (var line in ServiceStatus.Lines(OfService))
        {
            yield return line;
        }

        yield return $"{"directory",-12}{_workspace.Path}";
        foreach (var problem in Problems().Concat(Warnings))
        {
            yield return $"! {TerminalText.Line(problem)}";
        }
    }

    private ProcessRow RowOf(string name)
    {
        // The embedded Kafka lives in the supervisor.
        var holder = name == ProcessName.Kafka && _state?.Kafka.IsEmbedded == true ? ProcessName.Supervisor : name;
        var ends = _state?.Ends.GetValueOrDefault(name)?.Count ?? 0;
        return _state?.Alive(holder) is { } alive ? new(name, alive.Id, ProcessRow.Running, ends) : new(name, null, ProcessRow.Stopped, ends);
    }

    private string DetailsOf(string name) => name switch
    {
        ProcessName.Supervisor => $"log {_workspace.SupervisorLog}",
        ProcessName.Postgres => $"127.0.0.1:{_state!.Addresses.Postgres}",
        ProcessName.Redis => $"127.0.0.1:{_state!.Addresses.Redis}",
        ProcessName.Kafka => _state!.Kafka.IsEmbedded
            ? $"{_state.Kafka.BootstrapServers}, embedded: {EmbeddedKafka.Note}"
            : $"{_state.Kafka.BootstrapServers}, {UpRequest.Describe(_state.Kafka)}",
        ProcessName.Service => $"{_state!.Addresses.OperationsUrl}, {Word(Service)}",
        _ => $"{_state!.Addresses.GatewayUrl}, {Word(Gateway)}",
    };

    private IEnumerable<string> Problems()
    {
        foreach (var process in _processes.Where(process => process.State == ProcessRow.Stopped))
        {
            yield return $"{process.Name} does not run. Start what is missing with: bus up --detach";
        }

        foreach (var reason in Service.Reasons)
        {
            yield return $"service: {reason}";
        }

        foreach (var reason in Gateway.Reasons)
        {
            yield return $"gateway: {reason}";
        }
    }

    private static string Word(Readiness readiness) => readiness.Ready ? "ready" : readiness.Answers ? "not ready" : "no answer";

    private sealed record ProcessRow(string Name, int? Id, string State, int Ends)
    {
        public const string Running = "running";
        public const string Stopped = "stopped";
    }
}
