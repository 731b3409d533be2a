using System.Runtime.InteropServices;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// Starts what is missing of a system, side by side where nothing waits for another, then restarts what dies until it is told to
/// stop. It ends only after everything it looks after has ended; if it is killed, the state file still says what it left behind.
/// </summary>
internal sealed class Supervisor : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ShortestBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Stable = TimeSpan.FromMinutes(1);

    private readonly Supervision _supervision;
    private readonly PostgresPart _postgres;
    private readonly RedisPart _redis;
    private readonly HostPart _service;
    private readonly HostPart _gateway;
    private readonly ApacheKafkaPart? _apache;
    private readonly SemaphoreSlim _nudge = new(0);
    private EmbeddedKafka? _embedded;

    public Supervisor(Supervision supervision)
    {
        _supervision = supervision;
        _postgres = new(supervision);
        _redis = new(supervision);
        _service = new(ProcessName.Service, supervision);
        _gateway = new(ProcessName.Gateway, supervision);
        _apache = supervision.State.Kafka.Home is null ? null : new(supervision);
    }

    private IEnumerable<Part> Servers => _apache is null ? [_postgres, _redis] : [_postgres, _redis, _apache];

    /// <returns>The exit code of the process.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // A waiting bus up sends it to say: do not wait any longer before the next attempt.
        using var nudged = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => _nudge.Release());
        using var first = DirectoryLock.TryTake(_supervision.Workspace, "supervisor")
            ?? throw BusException.Failed($"Another supervisor already looks after {_supervision.Workspace.Path}.");
        _supervision.Update(state => state.With(ProcessName.Supervisor, new(ProcessIdentity.Current, "")));
        try
        {
            await StartServersAsync(cancellationToken);
            await AllOrNothing.RunAsync(
                [.. Servers.Select<Part, Func<CancellationToken, Task>>(part => token => LookAfterAsync(part, token)), RunHostsAsync],
                cancellationToken);
            return ExitCode.Fine;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Fine;
        }
        catch (Exception failure)
        {
            _supervision.Log($"The start failed: {failure}");
            _supervision.Update(state => state with { Phase = Phase.Failed, Error = failure.Message });
            return failure is BusException known ? known.ExitCode : ExitCode.Failed;
        }
        finally
        {
            await StopAsync();
        }
    }

    public void Dispose() => _nudge.Dispose();

    private Task StartServersAsync(CancellationToken cancellationToken) => AllOrNothing.RunAsync(
        [
            token => StepAsync("postgres", StartPostgresAsync, token),
            token => StepAsync("redis", StartRedisAsync, token),
            token => StepAsync("kafka", StartKafkaAsync, token),
        ],
        cancellationToken);

    private async Task RunHostsAsync(CancellationToken cancellationToken)
    {
        var addresses = _supervision.State.Addresses;
        await AllOrNothing.RunAsync(
            [
                token => StepAsync("service", t => StartHostAsync(_service, $"operations port {addresses.OperationsUrl}", t), token),
                token => StepAsync("gateway", t => StartHostAsync(_gateway, addresses.GatewayUrl, t), token),
            ],
            cancellationToken);
        _supervision.Update(state => state with { Phase = Phase.Ready });
        await Task.WhenAll(LookAfterAsync(_service, cancellationToken), LookAfterAsync(_gateway, cancellationToken));
    }

    private async Task StepAsync(string name, Func<CancellationToken, Task<string>> step, CancellationToken cancellationToken)
    {
        var start = _supervision.Bus.Time.GetTimestamp();
        var text = await step(cancellationToken);
        var took = _supervision.Bus.Time.GetElapsedTime(start);
        _supervision.Finished(name, took, text);
        _supervision.Log($"{name} {took.TotalSeconds:0.0} s: {text}");
    }

    private async Task<string> StartPostgresAsync(CancellationToken cancellationToken)
    {
        var started = await _postgres.EnsureAsync(cancellationToken);
        await _postgres.CreateDatabaseAsync(cancellationToken);
        await Migration.RunAsync(
            _supervision.Bus.Root, _supervision.Connections.OwnerForHost, _supervision.State.DatabaseSchema, [], cancellationToken);
        await _postgres.SetPasswordsAsync(cancellationToken);
        return $"127.0.0.1:{_supervision.State.Addresses.Postgres}, migrated{(started ? "" : ", ran already")}";
    }

    private async Task<string> StartRedisAsync(CancellationToken cancellationToken)
    {
        var started = await _redis.EnsureAsync(cancellationToken);
        return $"127.0.0.1:{_supervision.State.Addresses.Redis}{(started ? "" : ", ran already")}";
    }

    private async Task<string> StartKafkaAsync(CancellationToken cancellationToken)
    {
        var kafka = _supervision.State.Kafka;
        if (kafka.IsEmbedded)
        {
            _embedded = await Task.Run(EmbeddedKafka.Start, cancellationToken);
            _supervision.Update(state => state with { Kafka = kafka with { BootstrapServers = _embedded.BootstrapServers } });
            return $"{_embedded.BootstrapServers}, embedded: {EmbeddedKafka.Note}";
        }

        if (_apache is not null)
        {
            await _apache.EnsureAsync(cancellationToken);
        }

        var created = await KafkaTopics.EnsureAsync(kafka.BootstrapServers);
        var from = kafka.Home is null ? "external" : $"from {kafka.Home}";
        return $"{kafka.BootstrapServers}, Apache Kafka, {from}{(created.Count == 0 ? "" : $", created {string.Join(", ", created)}")}";
    }

    private async Task<string> StartHostAsync(HostPart host, string text, CancellationToken cancellationToken)
    {
        var started = await host.EnsureAsync(cancellationToken);
        while (!(await host.ReadinessAsync(cancellationToken)).Ready)
        {
            if (_supervision.State.Alive(host.Name) is null)
            {
                throw BusException.Unreachable(
                    $"{host.Name} ended before it was ready.{Launch.Tail(_supervision.Workspace.LogOf(host.Name))}");
            }

            await Task.Delay(Poll / 4, _supervision.Bus.Time, cancellationToken);
        }

        return $"{text}, ready{(started ? "" : ", ran already")}";
    }

    private async Task LookAfterAsync(Part part, CancellationToken cancellationToken)
    {
        var attempts = 0;
        ProcessIdentity? counted = null;
        var lastStart = _supervision.Bus.Time.GetTimestamp();
        while (true)
        {
            await Task.Delay(Poll, _supervision.Bus.Time, cancellationToken);
            if (_supervision.State.Alive(part.Name) is not null)
            {
                continue;
            }

            // One that could not be started since has not ended again.
            if (_supervision.State.Processes.GetValueOrDefault(part.Name)?.Identity is { } gone && gone != counted)
            {
                if (part.HowItEnded() is not { } how)
                {
                    continue;
                }

                counted = gone;
                _supervision.Log($"{part.Name} has ended: {how}.");
                _supervision.Update(state => state.Ended(part.Name, _supervision.Bus.Time.GetUtcNow(), how));
            }

            attempts = _supervision.Bus.Time.GetElapsedTime(lastStart) > Stable ? 0 : attempts + 1;
            var pause = BackOff(attempts);
            _supervision.Log($"{part.Name} is started again in {pause.TotalSeconds:0.0} s.");
            await _nudge.WaitAsync(pause, cancellationToken);
            lastStart = _supervision.Bus.Time.GetTimestamp();
            try
            {
                await part.EnsureAsync(cancellationToken);
                _supervision.Log($"{part.Name} runs again.");
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever it is, the next attempt may succeed; the supervisor ends only when it is told to.
                _supervision.Log($"{part.Name} did not start: {failure.Message}");
            }
        }
    }

    /// <summary>How long to wait before start number <paramref name="attempts"/> + 1 in a row.</summary>
    internal static TimeSpan BackOff(int attempts) =>
        attempts >= 7 ? LongestBackOff : TimeSpan.FromTicks(Math.Min(ShortestBackOff.Ticks << attempts, LongestBackOff.Ticks));

    private async Task StopAsync()
    {
        foreach (var name in ProcessName.StopOrder)
        {
            if (_supervision.State.Alive(name) is { } process)
            {
                var start = _supervision.Bus.Time.GetTimestamp();
                await Stopping.StopAsync(_supervision.Bus, name, process, CancellationToken.None);
                _supervision.Log($"{name} stopped in {_supervision.Bus.Time.GetElapsedTime(start).TotalSeconds:0.0} s.");
            }

            if (name == ProcessName.Kafka)
            {
                _embedded?.Dispose();
            }

            _supervision.Update(state => state.Without(name));
        }

        _supervision.Update(state => state.Without(ProcessName.Supervisor) with
        {
            Phase = state.Phase == Phase.Failed ? Phase.Failed : Phase.Stopped,
        });
    }
}
