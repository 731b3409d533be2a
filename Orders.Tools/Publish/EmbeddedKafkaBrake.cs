using Confluent.Kafka;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Publish;

/// <summary>
/// Holds a publisher back in time, because the embedded Kafka silently drops what the service has not read yet: never more than a
/// part of what it keeps waits to be accounted for.
/// </summary>
internal sealed class EmbeddedKafkaBrake : IDisposable
{
    /// <summary>The most orders that may wait.</summary>
    public const int MostOrders = 15_000;

    // It keeps 5 MB in each of 4 partitions; the rest is room for partitions that are fuller than others.
    private const long MostBytes = 12_500_000;
    private const int Stride = 1_000;
    private const string Watermarks = "SELECT partition, max(position) FROM watermark WHERE topic = $1 GROUP BY partition";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OneQuestion = TimeSpan.FromSeconds(5);

    private readonly BusContext _bus;
    private readonly OrderProducer _producer;
    private readonly NpgsqlDataSource _database;
    private readonly IConsumer<Ignore, Ignore> _kafka;
    private readonly int _partitions;
    private long _allowedUntil;
    private bool _said;

    public EmbeddedKafkaBrake(BusContext bus, RunningSystem system, OrderProducer producer)
    {
        _bus = bus;
        _producer = producer;
        _database = NpgsqlDataSource.Create(system.Connections.Owner);
        var settings = KafkaClients.Configure(new ConsumerConfig { GroupId = "bus-publish" }, system.State.Kafka.BootstrapServers);
        _kafka = new ConsumerBuilder<Ignore, Ignore>(settings).SetLogHandler(KafkaClients.Silent).Build();
        using var admin = new DependentAdminClientBuilder(_kafka.Handle).Build();
        _partitions = admin.GetMetadata(Topics.Orders, OneQuestion).Topics.Single().Partitions.Count;
    }

    /// <summary>How many more may be sent when <paramref name="waiting"/> wait and one is <paramref name="averageBytes"/> long.</summary>
    public static long Room(long waiting, long averageBytes) =>
        Math.Max(0, Math.Min(MostOrders, MostBytes / Math.Max(1, averageBytes)) - waiting);

    /// <summary>Returns when one more record may be sent.</summary>
    public async Task RoomAsync(CancellationToken cancellationToken)
    {
        if (_producer.Attempted < _allowedUntil)
        {
            return;
        }

        var last = long.MaxValue;
        var lastProgress = _bus.Time.GetTimestamp();
        while (true)
        {
            var waiting = await WaitingAsync(cancellationToken);
            var average = _producer.AttemptedBytes / Math.Max(1, _producer.Attempted);
            var room = Room(waiting + _producer.InFlight, average);
            if (room > 0)
            {
                _allowedUntil = _producer.Attempted + Math.Min(room, Stride);
                return;
            }

            if (!_said)
            {
                _said = true;
                _bus.Terminal.Say(
                    $"The embedded Kafka keeps little: sending as fast as the service accounts for orders ({waiting:N0} wait).");
            }

            if (waiting < last)
            {
                (last, lastProgress) = (waiting, _bus.Time.GetTimestamp());
            }
            else if (_bus.Time.GetElapsedTime(lastProgress) > Patience)
            {
                throw BusException.Unreachable(
                    $"{waiting:N0} orders wait and the service has accounted for none of them in {Patience.TotalSeconds:0} s; "
                    + "sending more would lose some. Look with: bus status");
            }

            await Task.Delay(Poll, _bus.Time, cancellationToken);
        }
    }

    public void Dispose()
    {
        _kafka.Dispose();
        _database.Dispose();
    }

    private async Task<long> WaitingAsync(CancellationToken cancellationToken)
    {
        var accounted = new Dictionary<int, long>();
        await using (var command = _database.CreateCommand(Watermarks))
        {
            command.Parameters.Add(new() { Value = Topics.Orders });
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                accounted[rows.GetInt32(0)] = rows.GetInt64(1);
            }
        }

        // A watermark above the log's end is of an earlier life of the broker: then nothing of this one is accounted for yet.
        return await Task.Run(
            () => Enumerable.Range(0, _partitions).Sum(partition =>
            {
                var end = _kafka.QueryWatermarkOffsets(new(Topics.Orders, partition), OneQuestion).High.Value;
                var position = accounted.GetValueOrDefault(partition);
                return position > end ? end : end - position;
            }),
            cancellationToken);
    }
}
