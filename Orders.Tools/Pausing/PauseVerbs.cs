using System.CommandLine;
using System.Net;
using Orders.Tools.DeadLetters;
using Orders.Tools.Running;

namespace Orders.Tools.Pausing;

/// <summary><c>bus pause</c> and <c>bus resume</c>: stop and go on ingesting, for every instance and over restarts.</summary>
internal static class PauseVerbs
{
    public static Command Pause(BusContext bus) =>
        Define(bus, "pause", "Stop ingesting orders, in every instance, until bus resume.", "paused");

    public static Command Resume(BusContext bus) =>
        Define(bus, "resume", "Go on ingesting orders, after bus pause or the brake.", "running");

    private static Command Define(BusContext bus, string verb, string description, string wanted)
    {
        var reason = new Option<string?>("--reason") { Description = "Why; it is kept with your name." };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command(verb, description) { Options = { reason, directory, json } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var operations = new OperationsPort(RunningSystem.Find(arguments.GetValue(directory), bus.Root));
            var (status, answer) = await operations.PostAsync(
                $"/api/ingest/{verb}?reason={Uri.EscapeDataString(arguments.GetValue(reason) ?? "")}", cancellationToken);
            if (status != HttpStatusCode.OK)
            {
                throw BusException.Failed(Answer.Sentence(answer));
            }

            if (arguments.GetValue(json))
            {
                bus.Terminal.JsonOfOthers(answer);
            }
            else
            {
                var already = answer.GetProperty("changed").GetBoolean() ? "" : " already";
                bus.Terminal.Data($"Ingest of {Answer.Text(answer, "topic")} is{already} {wanted}.");
            }

            return ExitCode.Fine;
        });
        return command;
    }
}
