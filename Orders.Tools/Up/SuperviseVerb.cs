using System.CommandLine;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>The supervisor's own process; <c>bus up</c> starts it.</summary>
internal static class SuperviseVerb
{
    public const string Name = "supervise";

    public static Command Define(BusContext bus)
    {
        var directory = Workspace.Option();
        var command = new Command(Name, "Looks after a system that bus up prepared.") { Hidden = true, Options = { directory } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var workspace = new Workspace(arguments.GetRequiredValue(directory)!);
            var state = StateFile.Read(workspace) ?? throw BusException.Failed($"{workspace.StateFile} is not there; bus up makes it.");
            using var supervisor = new Supervisor(new(bus, workspace, state));
            return await supervisor.RunAsync(cancellationToken);
        });
        return command;
    }
}
