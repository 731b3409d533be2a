using System.CommandLine;
using Orders.Tools.Running;

namespace Orders.Tools.Status;

/// <summary><c>bus status</c>: what runs, where it is, whether it is ready and what is wrong.</summary>
internal static class StatusVerb
{
    public static Command Define(BusContext bus)
    {
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("status", "Show what runs, where, and what is wrong.") { Options = { directory, json } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var workspace = Workspace.Of(arguments.GetValue(directory), bus.Root);
            var report = await StatusReport.TakeAsync(workspace, cancellationToken);
            if (arguments.GetValue(json))
            {
                bus.Terminal.JsonOfOthers(report.ForScripts());
            }
            else
            {
                foreach (var line in report.ForPeople())
                {
                    bus.Terminal.Data(line);
                }
            }

            return report.IsFine ? ExitCode.Fine : ExitCode.Unreachable;
        });
        return command;
    }
}
