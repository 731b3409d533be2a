using System.CommandLine;
using Confluent.Kafka;
using Npgsql;
using Orders.Tools.Running;

namespace Orders.Tools.Verify;

/// <summary><c>bus verify</c>: proves, from outside and by its own reading of the rules, that nothing was lost, doubled, torn or reordered.</summary>
internal static class VerifyVerb
{
    public static Command Define(BusContext bus)
    {
        var ledger = new Option<string?>("--ledger") { Description = "What bus publish --ledger wrote: no acknowledged record may be lost.", HelpName = "F" };
        var noWait = new Option<bool>("--no-wait") { Description = "Look at once, even if records and events still wait." };
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("verify", "Check that nothing is lost, doubled, torn or out of order; 3 if anything is.")
        {
            Options = { ledger, noWait, directory, json },
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var system = RunningSystem.Find(arguments.GetValue(directory), bus.Root);
            var verification = new Verification(bus, system, arguments.GetValue(ledger), wait: !arguments.GetValue(noWait));
            var start = bus.Time.GetTimestamp();
            await RunAsync(verification, cancellationToken);
            var report = new VerifyReport(
                system.Workspace.Path, verification, arguments.GetValue(ledger) is not null, bus.Time.GetElapsedTime(start));
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

            bus.Terminal.Say(report.Summary());
            return verification.Anomalies.Total == 0 ? ExitCode.Fine : ExitCode.Violated;
        });
        return command;
    }

    private static async Task RunAsync(Verification verification, CancellationToken cancellationToken)
    {
        try
        {
            await verification.RunAsync(cancellationToken);
        }
        catch (PostgresException refused) when (!refused.IsTransient)
        {
            throw BusException.Failed($"Postgres refused a question: {refused.MessageText} Look with: bus status");
        }
        catch (NpgsqlException silent)
        {
            throw BusException.Unreachable($"Postgres does not answer: {silent.Message} Look with: bus status");
        }
        catch (KafkaException silent)
        {
            throw BusException.Unreachable($"Kafka does not answer: {silent.Error.Reason} Look with: bus status");
        }
    }
}
