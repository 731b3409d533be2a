using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Publish;

/// <summary><c>bus publish</c>: puts orders on the topic and says how each send ended.</summary>
internal static class PublishVerb
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FlushStep = TimeSpan.FromMilliseconds(100);

    public static Command Define(BusContext bus)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "A JSON document, or NDJSON with one order per line.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var oneOrder = new Option<string?>("-j") { Description = "One order as a JSON file, byte for byte.", HelpName = "FILE" };
        var count = new Option<long?>("--count") { Description = "Make up N orders.", HelpName = "N" };
        var rate = new Option<double?>("--rate")
        {
            Description = "Orders per second, by the clock. Default: as fast as Kafka takes them.",
            HelpName = "R",
        };
        var seed = new Option<long?>("--seed")
        {
            Description = "Make up the same orders again. Default: a new seed, which is printed.",
            HelpName = "S",
        };
        var topic = new Option<string>("--topic") { Description = "The topic.", DefaultValueFactory = _ => Topics.Orders };
        var raw = new Option<bool>("--raw") { Description = "Send what has no order_uid too, without a key." };
        var ledger = new Option<string?>("--ledger") { Description = "Append every send and its answer to this file, for bus verify.", HelpName = "F" };
        var poison = Share.Option("--poison", "Share of made-up records that cannot be stored, such as 1%.");
        var dup = Share.Option("--dup", "Share that repeats an earlier order.");
        var update = Share.Option("--update", "Share that changes an earlier order.");
        var remove = Share.Option("--remove", "Share that removes an earlier order.");
        var directory = Workspace.Option();
        var json = Workspace.JsonOption();
        var command = new Command("publish", "Publish orders from files, standard input, or made up.")
        {
            Arguments = { files },
            Options = { oneOrder, count, rate, seed, topic, raw, ledger, poison, dup, update, remove, directory, json },
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(rate) is <= 0)
            {
                throw BusException.Failed($"--rate {arguments.GetValue(rate)} is not a rate; give more than 0 orders per second.");
            }

            var request = new PublishRequest(
                arguments.GetValue(files) ?? [],
                arguments.GetValue(oneOrder),
                arguments.GetValue(count),
                arguments.GetValue(seed) ?? RandomNumberGenerator.GetInt32(1, int.MaxValue),
                arguments.GetValue(raw),
                Console.IsInputRedirected ? Console.OpenStandardInput() : null)
            {
                Shares = new(
                    Share.Parse("--poison", arguments.GetValue(poison)),
                    Share.Parse("--dup", arguments.GetValue(dup)),
                    Share.Parse("--update", arguments.GetValue(update)),
                    Share.Parse("--remove", arguments.GetValue(remove))),
            };
            request.Check();
            var system = RunningSystem.Find(arguments.GetValue(directory), bus.Root);
            var publishing = new Publishing(
                bus, system, request, arguments.GetValue(topic)!, arguments.GetValue(rate), arguments.GetValue(ledger), arguments.GetValue(json));
            return await publishing.RunAsync(cancellationToken);
        });
        return command;
    }

    private sealed class Publishing(
        BusContext bus, RunningSystem system, PublishRequest request, string topic, double? rate, string? ledgerFile, bool json)
    {
        private readonly long _start = bus.Time.GetTimestamp();

        public async Task<int> RunAsync(CancellationToken cancellationToken)
        {
            long? seed = request.Count is null ? null : request.Seed;
            using var ledger = ledgerFile is null ? null : Ledger.Open(ledgerFile, topic, seed);
            using var producer = new OrderProducer(system.State.Kafka.BootstrapServers, topic, ledger);
            var progress = new ProgressLine(bus.Terminal, request.Total, bus.Time);
            BusException? refused = null;
            try
            {
                await SendAllAsync(producer, progress, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // What was sent so far is still told, with the exit code of an interruption.
            }
            catch (BusException failure)
            {
                refused = failure;
            }

            AwaitAnswers(producer, progress);
            progress.Clear();
            Tell(producer, seed);
            if (refused is not null)
            {
                throw refused;
            }

            return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted
                : producer.Acked == producer.Attempted ? ExitCode.Fine
                : ExitCode.Unreachable;
        }

        private async Task SendAllAsync(OrderProducer producer, ProgressLine progress, CancellationToken cancellationToken)
        {
            using var brake = system.State.Kafka.IsEmbedded && topic == Topics.Orders
                ? new EmbeddedKafkaBrake(bus, system, producer)
                : null;
            var pace = new Pace(rate, bus.Time);
            await foreach (var record in request.RecordsAsync(cancellationToken))
            {
                await pace.DueAsync(producer.Attempted, cancellationToken);
                if (brake is not null)
                {
                    await brake.RoomAsync(cancellationToken);
                }

                producer.Send(record, cancellationToken);
                progress.Show(producer.Acked);
            }
        }

        private void AwaitAnswers(OrderProducer producer, ProgressLine progress)
        {
            var start = bus.Time.GetTimestamp();
            while (producer.Flush(FlushStep) > 0 && bus.Time.GetElapsedTime(start) < AnswerPatience)
            {
                progress.Show(producer.Acked);
            }
        }

        private void Tell(OrderProducer producer, long? seed)
        {
            var seconds = bus.Time.GetElapsedTime(_start).TotalSeconds;
            var unanswered = producer.InFlight;
            if (json)
            {
                bus.Terminal.Json(new
                {
                    schema = "busorders/publish/1",
                    topic,
                    attempted = producer.Attempted,
                    acked = producer.Acked,
                    failed = producer.Failed,
                    unanswered,
                    seed,
                    ledger = ledgerFile is null ? null : Path.GetFullPath(ledgerFile),
                    seconds = Math.Round(seconds, 3),
                    bootstrapServers = system.State.Kafka.BootstrapServers,
                });
            }

            var withSeed = seed is null ? "" : $", seed {seed}";
            bus.Terminal.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"Published {producer.Acked:N0} of {producer.Attempted:N0} records to {topic} in {seconds:0.0} s{withSeed}."));
            if (producer.Failed > 0)
            {
                bus.Terminal.Say($"Kafka refused {producer.Failed:N0}: {producer.FirstFailure}");
            }

            if (unanswered > 0)
            {
                var reason = producer.LastError ?? "no error was reported";
                bus.Terminal.Say($"{unanswered:N0} have no answer yet and may or may not be on the topic: {reason}");
            }
        }
    }
}
