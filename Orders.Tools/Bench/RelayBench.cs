using System.Globalization;
using Confluent.Kafka;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>
/// How fast a full outbox empties onto Kafka: from the first event on the topic to the empty table. The ceiling is a bare producer that
/// sends the same messages with the same settings from memory. Both find a broker that has taken as many before: a new one runs code that is not
/// compiled yet, and its compiler beside it.
/// </summary>
internal sealed class RelayBench(BusContext bus, BenchSystem system, long count)
{
    private const int Partitions = 4;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OneQuestion = TimeSpan.FromSeconds(5);

    public static Task<BenchResult> RunAsync(BusContext bus, BenchSystem system, long count, CancellationToken cancellationToken) =>
        new RelayBench(bus, system, count).RunAsync(cancellationToken);

    private async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        var orders = await Task.Run(() => BenchOrders.Make(count, cancellationToken), cancellationToken);
        bus.Terminal.Say("Warming Kafka.");
        var isNew = await Task.Run(() => BareProducer.Measure(bus, system.Kafka, orders, cancellationToken), cancellationToken);
        bus.Terminal.Say($"Filling the outbox with {count} events.");
        await FillAsync(orders, cancellationToken);
        await system.CheckpointAsync(cancellationToken);

        using var kafka = new ConsumerBuilder<Ignore, Ignore>(KafkaClients.Configure(new ConsumerConfig { GroupId = "bus-bench" }, system.Kafka))
            .SetLogHandler(KafkaClients.Silent)
            .Build();
        bus.Terminal.Say("Starting the service.");
        var service = system.StartHost(ProcessName.Service);
        var meter = new Meter(bus, system.Processes);
        var (from, to, before) = await FollowAsync(kafka, meter, cancellationToken);
        var peak = Meter.PeakMemory(service);
        var onTopic = await Task.Run(() => OnTopic(kafka), cancellationToken);
        await system.StopHostAsync(ProcessName.Service, cancellationToken);

        var relayed = count - before;
        var seconds = bus.Time.GetElapsedTime(from.Timestamp, to.Timestamp).TotalSeconds;
        bus.Terminal.Say("Measuring a bare producer.");
        var ceiling = await Task.Run(() => BareProducer.Measure(bus, system.Kafka, orders, cancellationToken), cancellationToken);
        return new BenchResult(
            "relay", relayed / seconds, "events/s", ceiling, "a bare producer: the same messages from memory",
            relayed, seconds, meter.Cost(from, to, relayed))
        {
            PeakMemory = new Dictionary<string, long> { [ProcessName.Service] = peak },
            Details = new Dictionary<string, double>
            {
                ["offsets taken on the topic"] = onTopic,
                ["events/s by a bare producer when the broker was new"] = isNew,
            },
        };
    }

    private async Task FillAsync(BenchOrder[] orders, CancellationToken cancellationToken)
    {
        await using var connection = await system.Database.OpenConnectionAsync(cancellationToken);
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            foreach (var together in orders.Chunk(BenchOrders.PerTransaction))
            {
                await CeilingRows.CopyEventsAsync(connection, together, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        await using var analyze = new NpgsqlCommand("ANALYZE outbox", connection) { CommandTimeout = 0 };
        await analyze.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Watches topic and outbox; says how many events were there already when the first was seen.</summary>
    private async Task<(MeterReading From, MeterReading To, long Before)> FollowAsync(
        IConsumer<Ignore, Ignore> kafka, Meter meter, CancellationToken cancellationToken)
    {
        await using var connection = await system.Database.OpenConnectionAsync(cancellationToken);
        await using var left = new NpgsqlCommand("SELECT EXISTS (SELECT FROM outbox)", connection);
        MeterReading? from = null;
        var (before, last, moved) = (0L, 0L, bus.Time.GetTimestamp());
        while (true)
        {
            var sent = await Task.Run(() => OnTopic(kafka), cancellationToken);
            if (sent > last)
            {
                (last, moved) = (sent, bus.Time.GetTimestamp());
                if (from is null)
                {
                    (from, before) = (meter.Read(), sent);
                }
            }

            if (sent >= count && !(bool)(await left.ExecuteScalarAsync(cancellationToken))!)
            {
                return (from!, meter.Read(), before);
            }

            system.MustRun(ProcessName.Service);
            if (bus.Time.GetElapsedTime(moved) > Patience)
            {
                throw BusException.Unreachable(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The relay stands at {sent:N0} of {count:N0} events for {Patience.TotalSeconds:0} s.{system.LogTail(ProcessName.Service)}"));
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }
    }

    private static long OnTopic(IConsumer<Ignore, Ignore> kafka) => Enumerable.Range(0, Partitions)
        .Sum(partition => kafka.QueryWatermarkOffsets(new(Topics.OrderEvents, partition), OneQuestion).High.Value);
}
