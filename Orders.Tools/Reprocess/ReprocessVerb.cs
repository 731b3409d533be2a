using System.CommandLine;
using System.Net;
using System.Text.Json;
using Orders.Tools.DeadLetters;
using Orders.Tools.Running;

namespace Orders.Tools.Reprocess;

/// <summary><c>bus reprocess</c>: has the service run a range of the topic through ingest again, and watches.</summary>
internal static class ReprocessVerb
{
    private const string Path = "/api/ingest/reprocess";

    private const string Description =
        "Run a range of the topic through ingest again, under the same rules: what is stored stays, what is missing is stored. The live group's position "
        + "and accounts do not change. The job runs in the service: interrupted here, or over a restart there, it goes on.";

    private static readonly Option<string?> From = new("--from")
    {
        Description = "Where to begin: an offset, a time (2026-11-21T08:30:00Z), or start, where the log begins.", HelpName = "OFFSET|TIME|start",
    };

    private static readonly Option<string?> To = new("--to")
    {
        Description = "The first that is not done: an offset, a time, or end, as far as the topic is ingested.", HelpName = "OFFSET|TIME|end",
    };

    private static readonly Option<int?> Partition = new("--partition") { Description = "One partition; without it, all.", HelpName = "N" };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Apply also what would be duplicate or superseded within the range: each such record makes a version and an event. "
            + "What came from behind the range stays.",
    };

    private static readonly Option<long?> Job = new("--job") { Description = "Show this job to its end, instead of starting one.", HelpName = "ID" };

    private static readonly Option<bool> Cancel = new("--cancel") { Description = "With --job: end it where it stands." };

    public static Command Define(BusContext bus)
    {
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("reprocess", Description) { Options = { From, To, Partition, Force, Job, Cancel, directory, json } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            Check(arguments);
            var port = new OperationsPort(RunningSystem.Find(arguments.GetValue(directory), bus.Root));
            var started = await AskAsync(port, arguments, cancellationToken);
            return await new ReprocessWatch(bus, port, Path).RunAsync(started, arguments.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static void Check(ParseResult arguments)
    {
        var isStart = arguments.GetValue(From) is not null && arguments.GetValue(To) is not null;
        var isLook = arguments.GetValue(Job) is not null;
        var hasBound = arguments.GetValue(From) is not null || arguments.GetValue(To) is not null;
        if (isLook ? hasBound || arguments.GetValue(Force) || arguments.GetValue(Partition) is not null : !isStart || arguments.GetValue(Cancel))
        {
            throw BusException.Failed(
                "Give a range, --from and --to, with --partition and --force where wanted; or --job ID, with --cancel to end it. Nothing was started.");
        }
    }

    private static async Task<JsonElement> AskAsync(OperationsPort port, ParseResult arguments, CancellationToken cancellationToken)
    {
        var (status, answer) = arguments.GetValue(Job) is { } job
            ? arguments.GetValue(Cancel)
                ? await port.PostAsync($"{Path}/{job}/cancel", cancellationToken)
                : await port.GetAsync($"{Path}/{job}", cancellationToken)
            : await port.PostAsync(
                Path,
                new
                {
                    from = arguments.GetValue(From),
                    to = arguments.GetValue(To),
                    partition = arguments.GetValue(Partition),
                    force = arguments.GetValue(Force),
                },
                cancellationToken);
        return status switch
        {
            HttpStatusCode.OK or HttpStatusCode.Accepted => answer,
            HttpStatusCode.ServiceUnavailable => throw BusException.Unreachable(Answer.Sentence(answer)),
            _ => throw BusException.Failed(Answer.Sentence(answer)),
        };
    }
}
