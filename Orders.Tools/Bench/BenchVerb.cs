using System.CommandLine;
using Orders.Tools.Packages;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary><c>bus bench</c>: one stage at a time at full speed, on a system of its own, beside the ceiling of the same machine in the same minutes.</summary>
internal static class BenchVerb
{
    private delegate Task<BenchResult> Measure(BusContext bus, BenchSystem system, long count, CancellationToken cancellationToken);

    public static Command Define(BusContext bus) => new(
        "bench",
        "Measure one stage at full speed beside its ceiling, on a system of its own that goes away afterwards.")
    {
        Subcommands =
        {
            Define(bus, "ingest", "Orders per second from a filled topic into Postgres.", "Orders on the topic.", 200_000, 500_000, IngestBench.RunAsync),
            Define(bus, "relay", "Events per second from a filled outbox onto Kafka.", "Events in the outbox.", 300_000, 2_000_000, RelayBench.RunAsync),
            Define(bus, "gateway", "Requests per second of one order in memory.", "Turns of 5 s each.", 3, 100, GatewayBench.RunAsync),
            Define(bus, "prime", "Orders per second from Postgres into a starting gateway.", "Orders in Postgres.", 1_000_000, 5_000_000, PrimeBench.RunAsync),
            BareKestrel.Define(),
        },
    };

    private static Command Define(BusContext bus, string name, string description, string counted, long standard, long most, Measure measure)
    {
        var count = new Option<long>("--count")
        {
            Description = $"{counted} Default: {standard}.",
            HelpName = "N",
            DefaultValueFactory = _ => standard,
        };
        var kafka = new Option<string?>("--kafka")
        {
            Description = "A real Kafka that runs already and has no topics of BusOrders. Default: a private one from KAFKA_HOME.",
            HelpName = "HOST:PORT",
        };
        var json = Workspace.JsonOption();
        var command = new Command(name, description) { Options = { count, kafka, json } };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var asked = arguments.GetValue(count);
            if (asked < 1 || asked > most)
            {
                throw BusException.Failed($"--count {asked} is not possible here; give 1 to {most}.");
            }

            var home = Environment.GetEnvironmentVariable("KAFKA_HOME");
            var result = await RunAsync(bus, name, arguments.GetValue(kafka), home, asked, measure, cancellationToken);
            if (arguments.GetValue(json))
            {
                bus.Terminal.Json(result.ForScripts());
            }
            else
            {
                foreach (var line in result.ForPeople())
                {
                    bus.Terminal.Data(line);
                }
            }

            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<BenchResult> RunAsync(
        BusContext bus, string name, string? kafka, string? home, long count, Measure measure, CancellationToken cancellationToken)
    {
        List<DebianPackage> needed = [DebianPackage.Librdkafka, DebianPackage.Postgres, DebianPackage.Redis];
        if (BenchSystem.MustBeReal(kafka, home) is null)
        {
            needed.Add(DebianPackage.Java);
        }

        if (name == "gateway")
        {
            needed.Add(DebianPackage.Wrk);
        }

        await DebianPackages.EnsureAsync(bus, needed, cancellationToken);
        await using var system = await BenchSystem.StartAsync(bus, kafka, home, cancellationToken);
        return await measure(bus, system, count, cancellationToken);
    }
}
