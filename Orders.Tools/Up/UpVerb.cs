using System.CommandLine;
using Orders.Tools.Packages;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// <c>bus up</c>: starts what is missing and waits until the first order is served. The work is a supervisor's, in a process of its
/// own with <c>--detach</c>, else inside this one.
/// </summary>
internal static class UpVerb
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(3);

    public static Command Define(BusContext bus)
    {
        var detach = new Option<bool>("--detach", "-d") { Description = "Leave the system running in the background." };
        var directory = Workspace.Option();
        var kafka = new Option<string?>("--kafka")
        {
            Description = "embedded, or HOST:PORT of a Kafka that runs already. Default: from KAFKA_HOME if that is set, else embedded.",
            HelpName = "embedded|HOST:PORT",
        };
        var address = new Option<string?>("--address", "-a")
        {
            Description = "Where the gateway listens; port 0 takes a free one. Default: 127.0.0.1:8081.",
            HelpName = "HOST:PORT",
        };
        var json = Workspace.JsonOption();
        var command = new Command("up", "Start what is missing and wait until the first order is served.")
        {
            Options = { detach, directory, kafka, address, json },
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var request = new UpRequest(
                arguments.GetValue(kafka),
                arguments.GetValue(address),
                Environment.GetEnvironmentVariable("KAFKA_HOME"),
                Environment.GetEnvironmentVariable("Storage__Schema"));
            return await RunAsync(
                bus, request, arguments.GetValue(directory), arguments.GetValue(detach), arguments.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        BusContext bus, UpRequest request, string? asked, bool detach, bool json, CancellationToken cancellationToken)
    {
        var needed = request.NeedsJava
            ? new[] { DebianPackage.Librdkafka, DebianPackage.Postgres, DebianPackage.Redis, DebianPackage.Java }
            : [DebianPackage.Librdkafka, DebianPackage.Postgres, DebianPackage.Redis];
        await DebianPackages.EnsureAsync(bus, needed, cancellationToken);

        var chosen = BusDirectory.Choose(asked, bus.Root);
        var workspace = new Workspace(chosen.Path);
        if (chosen.Instead is { } unreachable && !Directory.Exists(chosen.Path))
        {
            bus.Terminal.Say($"User postgres cannot get to {unreachable}, so the system lives in {chosen.Path}.");
        }

        workspace.Create();
        var alone = await DirectoryLock.TakeAsync(workspace, "up", bus, LockPatience, cancellationToken);
        try
        {
            if (StateFile.Read(workspace) is { } running && running.Alive(ProcessName.Supervisor) is { } supervisor)
            {
                request.MustFit(running);
                Signals.Send(supervisor, Signals.Continue);
                return await new Arrival(bus, workspace, json).FollowAsync(supervisor, alreadyRan: true, cancellationToken);
            }

            Prepare(bus, request, workspace);
            if (detach)
            {
                var launched = Launched(bus, workspace);
                return await new Arrival(bus, workspace, json).FollowAsync(launched, alreadyRan: false, cancellationToken);
            }

            return await Foreground.RunAsync(bus, workspace, json, alone, cancellationToken);
        }
        finally
        {
            alone.Dispose();
        }
    }

    private static void Prepare(BusContext bus, UpRequest request, Workspace workspace)
    {
        var last = StateFile.Read(workspace);
        var state = request.Prepare(last, Ports.IsFree);
        if (state.Kafka.Home is { } home && !File.Exists(Path.Combine(home, "bin", "kafka-server-start.sh")))
        {
            throw BusException.Unreachable(
                $"KAFKA_HOME is {home}, but there is no bin/kafka-server-start.sh. Unset it or point it at a Kafka.");
        }

        if (last is not null && (last.Kafka.Kind, last.Kafka.Home) != (state.Kafka.Kind, state.Kafka.Home))
        {
            bus.Terminal.Say($"Last time this system ran on {UpRequest.Describe(last.Kafka)}, now on {UpRequest.Describe(state.Kafka)}.");
        }

        Secrets.Of(workspace);
        StateFile.Write(workspace.StateFile, state);
    }

    private static ProcessIdentity Launched(BusContext bus, Workspace workspace)
    {
        var launch = new Launch(
            workspace.SupervisorLog,
            HostProgram.DotnetFile,
            [typeof(UpVerb).Assembly.Location, SuperviseVerb.Name, "--dir", workspace.Path])
        {
            Environment = new Dictionary<string, string> { ["BUS_ROOT"] = bus.Root },
        };
        return launch.Start().Identity;
    }
}
