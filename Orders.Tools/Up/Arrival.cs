using System.Globalization;
using Orders.Tools.Publish;
using Orders.Tools.Running;
using Orders.Tools.Status;

namespace Orders.Tools.Up;

/// <summary>Follows a start to its end as a person sees it: a line per step, the sample order served, the addresses, what to try.</summary>
internal sealed class Arrival(BusContext bus, Workspace workspace, bool json)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly long _start = bus.Time.GetTimestamp();

    /// <returns>The exit code: fine only when the sample order was served.</returns>
    public async Task<int> FollowAsync(ProcessIdentity supervisor, bool alreadyRan, CancellationToken cancellationToken)
    {
        var state = await FollowStepsAsync(supervisor, alreadyRan, cancellationToken);
        if (alreadyRan)
        {
            await AllReadyAsync(state, cancellationToken);
        }

        await SampleAsync(state, cancellationToken);
        Tell(state, alreadyRan);
        return ExitCode.Fine;
    }

    private async Task<SystemState> FollowStepsAsync(ProcessIdentity supervisor, bool alreadyRan, CancellationToken cancellationToken)
    {
        var told = alreadyRan ? StateFile.Read(workspace)!.Steps.Count : 0;
        while (true)
        {
            var alive = supervisor.IsAlive();
            var state = StateFile.Read(workspace)!;
            foreach (var step in state.Steps.Skip(told))
            {
                TellStep(step.Name, step.Seconds, step.Text);
            }

            told = Math.Max(told, state.Steps.Count);
            switch (state.Phase)
            {
                case Phase.Ready when alive:
                    return state;
                case Phase.Failed when !alive || supervisor == ProcessIdentity.Current:
                    throw BusException.Unreachable(
                        $"{state.Error} Everything that was started is stopped again. Log: {workspace.SupervisorLog}");
                case var _ when !alive:
                    throw BusException.Unreachable($"The supervisor ended.{Launch.Tail(workspace.SupervisorLog)}");
                case var _ when bus.Time.GetElapsedTime(_start) > Patience:
                    throw BusException.Unreachable(await NotReadyAsync(state, cancellationToken));
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    private async Task AllReadyAsync(SystemState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            var service = await Readiness.AskAsync(state.Addresses.OperationsUrl, cancellationToken);
            var gateway = await Readiness.AskAsync(state.Addresses.GatewayUrl, cancellationToken);
            var current = StateFile.Read(workspace)!;
            if (service.Ready && gateway.Ready && current.Processes.Keys.All(name => current.Alive(name) is not null))
            {
                return;
            }

            if (bus.Time.GetElapsedTime(_start) > Patience)
            {
                throw BusException.Unreachable(await NotReadyAsync(state, cancellationToken));
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    private static async Task<string> NotReadyAsync(SystemState state, CancellationToken cancellationToken)
    {
        var service = await Readiness.AskAsync(state.Addresses.OperationsUrl, cancellationToken);
        var gateway = await Readiness.AskAsync(state.Addresses.GatewayUrl, cancellationToken);
        return $"Not ready after {Patience.TotalSeconds:0} s. Service: {Reasons(service)}. Gateway: {Reasons(gateway)}. "
            + "It goes on trying; look with: bus status";

        static string Reasons(Readiness readiness) =>
            readiness.Ready ? "ready" : string.Join("; ", readiness.Reasons.DefaultIfEmpty("no reason given"));
    }

    private async Task SampleAsync(SystemState state, CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        if (await SampleOrder.IsServedAsync(state.Addresses.GatewayUrl, cancellationToken))
        {
            return;
        }

        await SampleOrder.PublishAsync(state.Kafka.BootstrapServers, cancellationToken);
        while (!await SampleOrder.IsServedAsync(state.Addresses.GatewayUrl, cancellationToken))
        {
            if (bus.Time.GetElapsedTime(start) > Patience)
            {
                throw BusException.Unreachable(
                    $"The sample order was published but is not served after {Patience.TotalSeconds:0} s. "
                    + "Look with: bus status, bus dlq list");
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }

        TellStep("sample", bus.Time.GetElapsedTime(start).TotalSeconds, $"order {SampleOrder.Uid} published and served");
    }

    private void TellStep(string name, double seconds, string text) =>
        bus.Terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{name,-10}{seconds,5:0.0} s  {text}"));

    private void Tell(SystemState state, bool alreadyRan)
    {
        var took = bus.Time.GetElapsedTime(_start).TotalSeconds;
        if (json)
        {
            bus.Terminal.Json(new { schema = "busorders/up/1", seconds = Math.Round(took, 3), alreadyRan, directory = workspace.Path });
        }

        var kafka = state.Kafka.IsEmbedded
            ? $"{state.Kafka.BootstrapServers} (embedded: {EmbeddedKafka.Note})"
            : $"{state.Kafka.BootstrapServers} ({UpRequest.Describe(state.Kafka)})";
        var elsewhere = workspace.Path == BusDirectory.Choose(null, bus.Root).Path ? "" : $" --dir {workspace.Path}";
        bus.Terminal.Say(string.Create(CultureInfo.InvariantCulture, $"""
            {(alreadyRan ? "Everything ran already" : "Ready")} ({took:0.0} s)

              orders      {state.Addresses.GatewayUrl}
              operations  {state.Addresses.OperationsUrl}
              Kafka       {kafka}

            Try
              curl {state.Addresses.GatewayUrl}/order/{SampleOrder.Uid}
              ./bus publish --count 1000{elsewhere}
              ./bus status{elsewhere}
            """));
    }
}
