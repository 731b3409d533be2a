using System.Text;
using Confluent.Kafka;
using Orders.Tools.Running;

namespace Orders.Tools.Publish;

/// <summary>Sends records and counts how each of them ended; at most one outcome per send.</summary>
internal sealed class OrderProducer : IDisposable
{
    private const double UsualLingerMs = 5;

    // With five records of a partition on their way and more behind them, an idempotent client asks again and again until an answer comes, unless a
    // request of another partition waits for its turn (librdkafka 2.0): on two cores that takes from the broker what makes the broker slow. With few
    // requests on their way one waits. Two, because a broker serves those of a connection one after the other: the second hides the time between.
    private const int RequestsInFlight = 2;

    private static readonly TimeSpan RoomWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MeetWait = TimeSpan.FromMilliseconds(200);
    private readonly IProducer<byte[], byte[]> _producer;
    private readonly string _topic;
    private readonly Ledger? _ledger;
    private bool _hasMet;
    private long _acked;
    private long _failed;
    private string? _firstFailure;

    /// <param name="bootstrapServers">Where the brokers are.</param>
    /// <param name="topic">Where the records go.</param>
    /// <param name="ledger">Gets every send, if given; it must outlive the answers, not this.</param>
    /// <param name="lingerMs">How long a record may wait for others to share its way.</param>
    public OrderProducer(string bootstrapServers, string topic, Ledger? ledger = null, double lingerMs = UsualLingerMs)
    {
        _topic = topic;
        _ledger = ledger;
        _producer = new ProducerBuilder<byte[], byte[]>(Settings(bootstrapServers, lingerMs))
            .SetLogHandler(KafkaClients.Silent)
            .SetErrorHandler((_, error) => LastError = error.Reason)
            .Build();
    }

    /// <summary>Told the number of every acknowledged send, from 0, on the client's thread.</summary>
    public Action<long>? OnAcked { get; set; }

    public long Attempted { get; private set; }

    public long AttemptedBytes { get; private set; }

    public long Acked => Interlocked.Read(ref _acked);

    public long Failed => Interlocked.Read(ref _failed);

    public long InFlight => Attempted - Acked - Failed;

    public string? FirstFailure => _firstFailure;

    public string? LastError { get; private set; }

    /// <summary>Java's partitioner, so that an order meets its other versions in one partition whoever sends them.</summary>
    public static ProducerConfig Settings(string bootstrapServers, double lingerMs = UsualLingerMs) => KafkaClients.Configure(
        new ProducerConfig
        {
            Partitioner = Partitioner.Murmur2Random,
            Acks = Acks.All,
            EnableIdempotence = true,
            MaxInFlight = RequestsInFlight,
            LingerMs = lingerMs,

            // Key, value and headers would be copied back with every answer; partition and offset come all the same.
            DeliveryReportFields = "none",
        },
        bootstrapServers);

    /// <summary>
    /// Asks for the topic, at the latest before the first send: one that the client has not met would be met once it looks around, up to a second
    /// later (librdkafka 2.0). For a short time only, because the admin client keeps a processor busy while it waits (Confluent.Kafka 1.9); brokers
    /// that do not answer are told of by the sends.
    /// </summary>
    public void Meet()
    {
        _hasMet = true;
        using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        try
        {
            admin.GetMetadata(_topic, MeetWait);
        }
        catch (KafkaException)
        {
            // They may be there a moment later.
        }
    }

    public void Send(PublishedRecord record, CancellationToken cancellationToken)
    {
        if (!_hasMet)
        {
            Meet();
        }

        var message = new Message<byte[], byte[]>
        {
            Key = record.Key is null ? null! : Encoding.UTF8.GetBytes(record.Key),
            Value = record.IsRemoval ? null! : record.Value.ToArray(),
        };
        var send = Attempted;
        _ledger?.Attempt(send, record);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                _producer.Produce(_topic, message, report => OnDelivered(send, report));
                Attempted++;
                AttemptedBytes += record.Value.Length;
                return;
            }
            catch (ProduceException<byte[], byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(RoomWait);
            }
            catch (ProduceException<byte[], byte[]> refused)
            {
                _ledger?.Doubt(send, refused.Error.Reason);
                throw BusException.Failed($"{record.Source} cannot be sent: {refused.Error.Reason}");
            }
        }
    }

    /// <summary>Waits a short while for answers.</summary>
    /// <returns>How many sends have none yet.</returns>
    public int Flush(TimeSpan atMost) => _producer.Flush(atMost);

    public void Dispose() => _producer.Dispose();

    private void OnDelivered(long send, DeliveryReport<byte[], byte[]> report)
    {
        if (report.Error.IsError)
        {
            _ledger?.Doubt(send, report.Error.Reason);
            Interlocked.Increment(ref _failed);
            Interlocked.CompareExchange(ref _firstFailure, report.Error.Reason, null);
        }
        else
        {
            _ledger?.Ack(send, report.Partition.Value, report.Offset.Value);
            Interlocked.Increment(ref _acked);
            OnAcked?.Invoke(send);
        }
    }
}
