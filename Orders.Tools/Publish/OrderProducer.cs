using System.Text;
using Confluent.Kafka;
using Orders.Tools.Running;

namespace Orders.Tools.Publish;

/// <summary>Sends records and counts how each of them ended; at most one outcome per send.</summary>
internal sealed class OrderProducer : IDisposable
{
    private static readonly TimeSpan RoomWait = TimeSpan.FromMilliseconds(100);
    private readonly IProducer<byte[], byte[]> _producer;
    private readonly string _topic;
    private long _acked;
    private long _failed;
    private string? _firstFailure;

    public OrderProducer(string bootstrapServers, string topic)
    {
        _topic = topic;
        _producer = new ProducerBuilder<byte[], byte[]>(Settings(bootstrapServers))
            .SetLogHandler(KafkaClients.Silent)
            .SetErrorHandler((_, error) => LastError = error.Reason)
            .Build();
    }

    public long Attempted { get; private set; }

    public long AttemptedBytes { get; private set; }

    public long Acked => Interlocked.Read(ref _acked);

    public long Failed => Interlocked.Read(ref _failed);

    public long InFlight => Attempted - Acked - Failed;

    public string? FirstFailure => _firstFailure;

    public string? LastError { get; private set; }

    /// <summary>Java's partitioner, so that an order meets its other versions in one partition whoever sends them.</summary>
    public static ProducerConfig Settings(string bootstrapServers) => KafkaClients.Configure(
        new ProducerConfig
        {
            Partitioner = Partitioner.Murmur2Random,
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = 5,
        },
        bootstrapServers);

    public void Send(PublishedRecord record, CancellationToken cancellationToken)
    {
        var message = new Message<byte[], byte[]>
        {
            Key = record.Key is null ? null! : Encoding.UTF8.GetBytes(record.Key),
            Value = record.Value.ToArray(),
        };
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                _producer.Produce(_topic, message, OnDelivered);
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
                throw BusException.Failed($"{record.Source} cannot be sent: {refused.Error.Reason}");
            }
        }
    }

    /// <summary>Waits a short while for answers.</summary>
    /// <returns>How many sends have none yet.</returns>
    public int Flush(TimeSpan atMost) => _producer.Flush(atMost);

    public void Dispose() => _producer.Dispose();

    private void OnDelivered(DeliveryReport<byte[], byte[]> report)
    {
        if (report.Error.IsError)
        {
            Interlocked.Increment(ref _failed);
            Interlocked.CompareExchange(ref _firstFailure, report.Error.Reason, null);
        }
        else
        {
            Interlocked.Increment(ref _acked);
        }
    }
}
