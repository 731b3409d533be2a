using System.CommandLine;
using System.Security.Cryptography;
using Orders.Tools.Publish;
using Orders.Tools.Running;

namespace Orders.Tools.Load;

/// <summary><c>bus load</c>: a steady stream of orders against a running system, and how long each took to where.</summary>
internal static class LoadVerb
{
    public static Command Define(BusContext bus)
    {
        var rate = new Option<double>("--rate") { Description = "Records per second, by the clock.", HelpName = "R", Required = true };
        var duration = new Option<string>("--duration") { Description = "How long, such as 30s or 5m.", HelpName = "T", Required = true };
        var poison = Share.Option("--poison", "Share of records that cannot be stored, such as 1%.");
        var dup = Share.Option("--dup", "Share that repeats an earlier order.");
        var ledger = new Option<string?>("--ledger") { Description = "Append every send and its answer to this file, for bus verify.", HelpName = "F" };
        var seed = new Option<long?>("--seed")
        {
            Description = "Make up the same orders again; a system that has them already counts them as duplicates. Default: a new seed.",
            HelpName = "S",
        };
        var goals = new Option<string>("--slo")
        {
            Description = $"Goals, such as e2e_p99<250ms,lost=0; a missed one is exit code 4. Default: {Goal.Default}.",
            HelpName = "GOALS",
            DefaultValueFactory = _ => Goal.Default,
        };
        var patience = new Option<string>("--patience")
        {
            Description = "How long after the last send an event may take before its order counts as lost. Default: 30s.",
            HelpName = "T",
            DefaultValueFactory = _ => "30s",
        };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("load", "Send orders at a steady rate and measure each stage of their way.")
        {
            Options = { rate, duration, poison, dup, ledger, seed, goals, patience, directory, json },
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var request = new LoadRequest(
                arguments.GetValue(rate),
                LoadRequest.ParseDuration("--duration", arguments.GetValue(duration)!),
                new Shares(Share.Parse("--poison", arguments.GetValue(poison)), Share.Parse("--dup", arguments.GetValue(dup)), 0, 0),
                arguments.GetValue(seed) ?? RandomNumberGenerator.GetInt32(1, int.MaxValue),
                LoadRequest.ParseDuration("--patience", arguments.GetValue(patience)!),
                arguments.GetValue(ledger),
                Goal.Parse(arguments.GetValue(goals)!));
            request.Check();
            return await RunAsync(bus, RunningSystem.Find(arguments.GetValue(directory), bus.Root), request, arguments.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(BusContext bus, RunningSystem system, LoadRequest request, bool json, CancellationToken cancellationToken)
    {
        if (system.State.Kafka.IsEmbedded)
        {
            bus.Terminal.Say(
                "The embedded Kafka keeps little and drops the rest in silence; at a high rate lost orders are its own. Use a real Kafka to measure.");
        }

        var report = await new LoadRun(bus, system, request).RunAsync(cancellationToken);
        if (json)
        {
            bus.Terminal.Json(report.ForScripts());
        }
        else
        {
            foreach (var line in report.ForPeople())
            {
                bus.Terminal.Data(line);
            }
        }

        return report.ExitCode;
    }
}
