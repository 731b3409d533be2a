using System.Globalization;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Publish;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>
/// How fast a waiting topic is ingested with the relay off: from the first tenth of the orders accounted for to the last one, by the watermark.
/// The ceiling is the same Postgres fed the same bytes from memory as arrays, the mean of once before and once after, because a
/// shared machine is not equally fast for a minute; fed by <c>COPY</c>, as ingest feeds it, is a detail. Both are warm: Postgres has written as much
/// before, because a new one makes each file of its log and first touches the memory of each page, which halves it and is over for good after a
/// gigabyte; the ceiling's feeder has run a whole round of each, the service a tenth.
/// </summary>
internal sealed class IngestBench(BusContext bus, BenchSystem system, long count)
{
    // As in a load: what the service's compiler takes in the first second is not what an order takes.
    private const double WarmUpShare = 0.1;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FlushStep = TimeSpan.FromMilliseconds(200);

    private readonly List<(long Timestamp, long Position)> _seen = [];

    public static Task<BenchResult> RunAsync(BusContext bus, BenchSystem system, long count, CancellationToken cancellationToken) =>
        new IngestBench(bus, system, count).RunAsync(cancellationToken);

    private async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        var orders = await Task.Run(() => BenchOrders.Make(count, cancellationToken), cancellationToken);
        await Task.Run(() => Preload(orders, cancellationToken), cancellationToken);
        bus.Terminal.Say("Warming Postgres.");
        var isNew = await IngestCeiling.MeasureAsync(bus, system, orders, CeilingRows.Copied, cancellationToken);
        await IngestCeiling.MeasureAsync(bus, system, orders, CeilingRows.AsArrays, cancellationToken);
        bus.Terminal.Say("Measuring Postgres alone.");
        var before = await BothAsync(orders, cancellationToken);
        await system.CheckpointAsync(cancellationToken);

        bus.Terminal.Say("Starting the service; the first tenth of the orders is warm-up.");
        var service = system.StartHost(ProcessName.Service, ("Relay__Enabled", "false"));
        var meter = new Meter(bus, system.Processes);
        var (from, to) = await FollowAsync(meter, cancellationToken);
        var peak = Meter.PeakMemory(service);
        await MustBeStoredAsync(cancellationToken);
        await system.StopHostAsync(ProcessName.Service, cancellationToken);

        var (counted, seconds) = Since(from.Timestamp);
        var (all, allSeconds) = Since(_seen[0].Timestamp);
        bus.Terminal.Say("Measuring Postgres alone again.");
        await ForgetAsync(cancellationToken);
        var after = await BothAsync(orders, cancellationToken);
        var copied = (before.Copied + after.Copied) / 2;
        return new BenchResult(
            "ingest", counted / seconds, "orders/s", (before.AsArrays + after.AsArrays) / 2,
            "Postgres alone before and after: the same bytes from memory as arrays, 500 per transaction, 4 connections",
            counted, seconds, meter.Cost(from, to, counted))
        {
            PeakMemory = new Dictionary<string, long> { [ProcessName.Service] = peak },
            Details = new Dictionary<string, double>
            {
                ["orders/s from the first order on"] = all / allSeconds,
                ["orders/s by Postgres alone, copied instead of as arrays"] = copied,
                ["of that"] = counted / seconds / copied,
                ["orders/s by Postgres alone, copied, when its cluster was new"] = isNew,
                ["bytes per order"] = orders.Average(order => order.Content.Length),
            },
        };
    }

    private async Task<(double AsArrays, double Copied)> BothAsync(BenchOrder[] orders, CancellationToken cancellationToken) => (
        await IngestCeiling.MeasureAsync(bus, system, orders, CeilingRows.AsArrays, cancellationToken),
        await IngestCeiling.MeasureAsync(bus, system, orders, CeilingRows.Copied, cancellationToken));

    private void Preload(BenchOrder[] orders, CancellationToken cancellationToken)
    {
        bus.Terminal.Say($"Filling topic {Topics.Orders} with {orders.Length} orders.");
        using var producer = new OrderProducer(system.Kafka, Topics.Orders);
        foreach (var order in orders)
        {
            producer.Send(new(order.Uid, order.Content, "a made-up order"), cancellationToken);
        }

        while (producer.Flush(FlushStep) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (producer.Acked != orders.Length)
        {
            throw BusException.Unreachable($"Kafka took {producer.Acked} of {orders.Length} orders: {producer.FirstFailure}");
        }
    }

    /// <summary>Watches the watermark from its first move to the last order; reads the meter where the warm-up ends, and at the end.</summary>
    private async Task<(MeterReading From, MeterReading To)> FollowAsync(Meter meter, CancellationToken cancellationToken)
    {
        await using var connection = await system.Database.OpenConnectionAsync(cancellationToken);
        await using var question = new NpgsqlCommand("SELECT COALESCE(sum(position), 0)::bigint FROM watermark WHERE topic = $1", connection)
        {
            Parameters = { new() { Value = Topics.Orders } },
        };
        await question.PrepareAsync(cancellationToken);
        MeterReading? from = null;
        var moved = bus.Time.GetTimestamp();
        while (true)
        {
            var position = (long)(await question.ExecuteScalarAsync(cancellationToken))!;
            if (position > (_seen.Count == 0 ? 0 : _seen[^1].Position))
            {
                moved = bus.Time.GetTimestamp();
                _seen.Add((moved, position));
                from ??= position >= count * WarmUpShare ? meter.Read() : null;
            }

            if (position >= count)
            {
                return (from!, meter.Read());
            }

            system.MustRun(ProcessName.Service);
            if (bus.Time.GetElapsedTime(moved) > Patience)
            {
                throw BusException.Unreachable(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Ingest stands at {position:N0} of {count:N0} orders for {Patience.TotalSeconds:0} s.{system.LogTail(ProcessName.Service)}"));
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    /// <summary>A figure counts only if the work was done.</summary>
    private async Task MustBeStoredAsync(CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand("SELECT (SELECT count(*) FROM orders), (SELECT COALESCE(sum(events), 0)::bigint FROM outbox)");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        if (row.GetInt64(0) != count || row.GetInt64(1) != count)
        {
            throw BusException.Failed($"Of {count} orders {row.GetInt64(0)} were stored and {row.GetInt64(1)} have an event; the figure would mean nothing.");
        }
    }

    /// <summary>Gives memory and disk back, so that the ceiling finds what ingest found.</summary>
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await using var command = system.Database.CreateCommand("TRUNCATE orders, outbox");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private (long Orders, double Seconds) Since(long timestamp)
    {
        var first = _seen.Last(seen => seen.Timestamp <= timestamp);
        return (_seen[^1].Position - first.Position, Seconds(first.Timestamp, _seen[^1].Timestamp));
    }

    private double Seconds(long from, long to) => Math.Max(0.001, bus.Time.GetElapsedTime(from, to).TotalSeconds);
}
