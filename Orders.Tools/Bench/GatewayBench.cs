using System.Globalization;
using Orders.Tools.Running;
using Orders.Tools.Status;
using Orders.Tools.Up;

namespace Orders.Tools.Bench;

/// <summary>
/// How many GETs of one order in L1 a gateway answers. The ceiling is bare Kestrel that sends the very same headers and bytes; the two
/// take turns, so that a slow minute of the machine hits both, and the medians are compared.
/// </summary>
internal sealed class GatewayBench(BusContext bus, BenchSystem system, int turns)
{
    private const string Bare = "bare-kestrel";
    private const int SecondsPerTurn = 5;
    private const int WarmUpSeconds = 3;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // The server or the client library writes these on its own.
    private static readonly string[] NotCopied = ["Date", "Content-Length", "Transfer-Encoding", "Connection"];

    public static Task<BenchResult> RunAsync(BusContext bus, BenchSystem system, long count, CancellationToken cancellationToken) =>
        new GatewayBench(bus, system, (int)count).RunAsync(cancellationToken);

    private async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        var order = BenchOrders.Usual();
        await StoreAsync(order, cancellationToken);
        bus.Terminal.Say("Starting the gateway.");
        var process = system.StartHost(ProcessName.Gateway);
        await system.ReadyAsync(ProcessName.Gateway, cancellationToken);
        var gateway = $"{system.State.Addresses.GatewayUrl}/order/{order.Uid}";
        var answer = await AnswerAsync(gateway, order, cancellationToken);
        var port = Ports.Free(new HashSet<int>());
        var bare = StartBare(port, answer);
        try
        {
            var ceiling = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/order/{order.Uid}");
            await ServesAsync(ceiling, bare, cancellationToken);
            return await MeasureAsync(gateway, ceiling, process, cancellationToken);
        }
        finally
        {
            await Stopping.StopAsync(bus, Bare, bare, CancellationToken.None);
        }
    }

    private async Task<BenchResult> MeasureAsync(string gateway, string ceiling, ProcessIdentity process, CancellationToken cancellationToken)
    {
        await Wrk.RunAsync(gateway, WarmUpSeconds, cancellationToken);
        await Wrk.RunAsync(ceiling, WarmUpSeconds, cancellationToken);
        var meter = new Meter(bus, system.Processes);
        List<Wrk> ours = [];
        List<Wrk> theirs = [];
        List<(MeterReading, MeterReading)> spans = [];
        for (var turn = 1; turn <= turns; turn++)
        {
            var from = meter.Read();
            ours.Add(await Wrk.RunAsync(gateway, SecondsPerTurn, cancellationToken));
            spans.Add((from, meter.Read()));
            theirs.Add(await Wrk.RunAsync(ceiling, SecondsPerTurn, cancellationToken));
            bus.Terminal.Say(string.Create(
                CultureInfo.InvariantCulture, $"Turn {turn} of {turns}: gateway {ours[^1].PerSecond:N0}, bare Kestrel {theirs[^1].PerSecond:N0} requests/s"));
        }

        var requests = ours.Sum(run => run.Requests);
        return new BenchResult(
            "gateway", Median(ours.Select(run => run.PerSecond)), "requests/s", Median(theirs.Select(run => run.PerSecond)),
            "bare Kestrel with the same headers and bytes, in turns; medians, wrk -t1 -c64",
            requests, turns * SecondsPerTurn, meter.Cost(spans, requests))
        {
            PeakMemory = new Dictionary<string, long> { [ProcessName.Gateway] = Meter.PeakMemory(process) },
            Details = new Dictionary<string, double>
            {
                ["ms p99, the gateway"] = Median(ours.Select(run => run.P99)),
                ["ms p99, bare Kestrel"] = Median(theirs.Select(run => run.P99)),
            },
        };
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private async Task StoreAsync(BenchOrder order, CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand(
            "INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time) "
            + "VALUES ($1, 1, $2, sha256($2), 1, 0, 0, 0)");
        command.Parameters.Add(new() { Value = order.Uid });
        command.Parameters.Add(new() { Value = order.Content });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What the gateway answers, once it comes from L1.</summary>
    private async Task<FixedAnswer> AnswerAsync(string url, BenchOrder order, CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        while (true)
        {
            using var response = await LocalHttp.Client.GetAsync(url, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var headers = response.Headers.Concat(response.Content.Headers)
                .Where(header => !NotCopied.Contains(header.Key))
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value));
            if (body.AsSpan().SequenceEqual(order.Content) && headers.GetValueOrDefault("X-Cache") == "L1")
            {
                return new(headers, body);
            }

            if (bus.Time.GetElapsedTime(start) > Patience)
            {
                throw BusException.Failed(
                    $"{url} does not come from L1 after {Patience.TotalSeconds:0} s: HTTP {(int)response.StatusCode}, "
                    + $"X-Cache {headers.GetValueOrDefault("X-Cache")}.{system.LogTail(ProcessName.Gateway)}");
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    private ProcessIdentity StartBare(int port, FixedAnswer answer)
    {
        var file = system.FileOf("answer.json");
        StateFile.Write(file, answer);
        string[] arguments =
            [typeof(GatewayBench).Assembly.Location, "bench", BareKestrel.Verb, "--port", port.ToString(CultureInfo.InvariantCulture), "--answer", file];
        var launch = new Launch(system.LogOf(Bare), HostProgram.DotnetFile, arguments)
        {
            Environment = new Dictionary<string, string> { ["BUS_ROOT"] = bus.Root },
        };
        return launch.Start().Identity;
    }

    private async Task ServesAsync(string url, ProcessIdentity process, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var response = await LocalHttp.Client.GetAsync(url, cancellationToken);
                return;
            }
            catch (HttpRequestException) when (process.IsAlive())
            {
                // It is still starting.
                await Task.Delay(Poll, bus.Time, cancellationToken);
            }
            catch (HttpRequestException)
            {
                throw BusException.Unreachable($"Bare Kestrel ended while it started.{system.LogTail(Bare)}");
            }
        }
    }
}
