using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>
/// How fast a starting gateway fills L1 from Postgres, with a budget that takes all orders; the time is the gateway's own. The ceiling is
/// Postgres copying the same rows, newest first, to a reader that drops them.
/// </summary>
internal sealed partial class PrimeBench(BusContext bus, BenchSystem system, long count)
{
    // An order with what the cache counts for it, and room to spare, so that none is left out.
    private const long BudgetPerOrder = 1_400;
    private const long SmallestBudget = 64 * 1024 * 1024;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static Task<BenchResult> RunAsync(BusContext bus, BenchSystem system, long count, CancellationToken cancellationToken) =>
        new PrimeBench(bus, system, count).RunAsync(cancellationToken);

    private async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        bus.Terminal.Say($"Filling Postgres with {count} orders.");
        await FillAsync(cancellationToken);
        await system.CheckpointAsync(cancellationToken);

        bus.Terminal.Say("Starting the gateway.");
        var budget = Math.Max(SmallestBudget, count * BudgetPerOrder).ToString(CultureInfo.InvariantCulture);
        var before = bus.Time.GetTimestamp();
        var gateway = system.StartHost(ProcessName.Gateway, ("Cache__MaxBytes", budget));
        var meter = new Meter(bus, system.Processes);
        var from = meter.Read();
        await StartedAsync(before, cancellationToken);
        var to = meter.Read();
        var peak = Meter.PeakMemory(gateway);

        // Stopped first: the log is written behind the work, and is whole when the process has ended.
        await system.StopHostAsync(ProcessName.Gateway, cancellationToken);
        var (orders, seconds) = Primed(await File.ReadAllTextAsync(system.LogOf(ProcessName.Gateway), cancellationToken));
        if (orders != count)
        {
            throw BusException.Failed($"The gateway primed {orders} of {count} orders; the figure would mean something else.");
        }

        bus.Terminal.Say("Measuring Postgres' COPY alone.");
        var ceiling = count / await CopyAsync(cancellationToken);
        return new BenchResult(
            "prime", orders / seconds, "orders/s", ceiling, "Postgres: COPY of the same rows, newest first, to a reader that drops them",
            orders, seconds, meter.Cost(from, to, orders))
        {
            PeakMemory = new Dictionary<string, long> { [ProcessName.Gateway] = peak },
            Details = new Dictionary<string, double>
            {
                ["s from the start of the process to started"] = bus.Time.GetElapsedTime(before, to.Timestamp).TotalSeconds,
            },
        };
    }

    /// <summary>What the gateway's log says about its priming.</summary>
    public static (long Orders, double Seconds) Primed(string log)
    {
        var line = PrimedLine().Match(log);
        return line.Success
            ? (long.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture))
            : throw BusException.Failed("The gateway's log does not say how long priming took.");
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        await using (var fill = system.Database.CreateCommand(BenchOrders.Sql("FillOrders.sql")))
        {
            fill.CommandTimeout = 0;
            fill.Parameters.Add(new() { Value = count });
            fill.Parameters.Add(new() { Value = BenchOrders.UsualBytes });
            await fill.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var vacuum = system.Database.CreateCommand("VACUUM ANALYZE orders");
        vacuum.CommandTimeout = 0;
        await vacuum.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task StartedAsync(long since, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync($"{system.State.Addresses.GatewayUrl}/health/startup", cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                system.MustRun(ProcessName.Gateway);
            }

            if (bus.Time.GetElapsedTime(since) > Patience)
            {
                throw BusException.Unreachable($"The gateway has not started in {Patience.TotalSeconds:0} s.{system.LogTail(ProcessName.Gateway)}");
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    /// <summary>The seconds that the bare export takes.</summary>
    private async Task<double> CopyAsync(CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(system.Connections.Gateway) { SearchPath = system.State.DatabaseSchema };
        await using var database = NpgsqlDataSource.Create(settings);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using (var limits = new NpgsqlCommand("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0", connection))
        {
            await limits.ExecuteNonQueryAsync(cancellationToken);
        }

        var start = bus.Time.GetTimestamp();
        await using (var rows = await connection.BeginRawBinaryCopyAsync(BenchOrders.Sql("CopyOrders.sql"), cancellationToken))
        {
            var buffer = new byte[64 * 1024];
            while (await rows.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }

        return bus.Time.GetElapsedTime(start).TotalSeconds;
    }

    [GeneratedRegex(@"Primed (\d+) orders.* in ([\d.]+) s")]
    private static partial Regex PrimedLine();
}
