using System.CommandLine;
using Orders.Tools.Running;
using Orders.Tools.Up;

namespace Orders.Tools.Down;

/// <summary><c>bus down</c>: stops a system in order and leaves no process; its data stays.</summary>
internal static class DownVerb
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public static Command Define(BusContext bus)
    {
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("down", "Stop everything in order; the data stays.") { Options = { directory, json } };
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(bus, Workspace.Of(arguments.GetValue(directory), bus.Root), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(BusContext bus, Workspace workspace, bool json, CancellationToken cancellationToken)
    {
        var stopped = 0;
        if (StateFile.Read(workspace) is not null)
        {
            using var alone = await DirectoryLock.TakeAsync(workspace, "up", bus, LockPatience, cancellationToken);
            stopped = await StopAsync(bus, workspace, cancellationToken);
        }

        bus.Terminal.Say(
            stopped == 0 ? $"Nothing runs in {workspace.Path}." : $"Stopped {stopped} processes; the data stays in {workspace.Path}.");
        if (json)
        {
            bus.Terminal.Json(new { schema = "busorders/down/1", stopped, directory = workspace.Path });
        }

        return ExitCode.Fine;
    }

    /// <summary>Stops what runs there and returns how many processes that were.</summary>
    internal static async Task<int> StopAsync(BusContext bus, Workspace workspace, CancellationToken cancellationToken)
    {
        var before = StateFile.Read(workspace)!;
        var alive = before.Processes.Keys.Count(name => before.Alive(name) is not null);
        if (before.Alive(ProcessName.Supervisor) is { } supervisor)
        {
            await StopSupervisorAsync(bus, workspace, supervisor, cancellationToken);
        }

        // What is left if the supervisor was killed, now or earlier.
        var state = StateFile.Read(workspace)!;
        foreach (var name in ProcessName.StopOrder)
        {
            if (state.Alive(name) is { } left)
            {
                await Stopping.StopAsync(bus, name, left, cancellationToken);
            }
        }

        StateFile.Write(workspace.StateFile, state with { Phase = Phase.Stopped, Processes = new Dictionary<string, ProcessEntry>() });
        return alive;
    }

    private static async Task StopSupervisorAsync(
        BusContext bus, Workspace workspace, ProcessIdentity supervisor, CancellationToken cancellationToken)
    {
        Signals.Send(supervisor, Signals.Terminate);
        Signals.Send(supervisor, Signals.Continue);
        var running = int.MaxValue;
        var lastProgress = bus.Time.GetTimestamp();
        while (supervisor.IsAlive())
        {
            var state = StateFile.Read(workspace)!;
            var now = state.Processes.Count;
            if (now < running)
            {
                (running, lastProgress) = (now, bus.Time.GetTimestamp());
            }

            // It needs at most its patience with one process, twice where it has to kill it.
            if (bus.Time.GetElapsedTime(lastProgress) > (2 * Stopping.Patience) + TimeSpan.FromSeconds(5))
            {
                bus.Terminal.Say(
                    $"The supervisor (process {supervisor.Id}) makes no progress; it is killed and the rest stopped without it.");
                Signals.Send(supervisor, Signals.Kill);
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }
}
