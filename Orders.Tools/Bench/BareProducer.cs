using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>A producer and nothing else: the messages of the relay from memory, its batch sizes, but sent without waiting for the ones before.</summary>
internal static class BareProducer
{
    private const string Topic = "order-events-ceiling";
    private const int Partitions = 4;

    private static readonly TimeSpan RoomWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FlushStep = TimeSpan.FromMilliseconds(100);

    /// <summary>Messages per second, from the first send to the last confirmation.</summary>
    public static double Measure(BusContext bus, string bootstrapServers, BenchOrder[] orders, CancellationToken cancellationToken)
    {
        using var admin = new AdminClientBuilder(KafkaClients.Configure(new AdminClientConfig(), bootstrapServers)).SetLogHandler(KafkaClients.Silent).Build();
        admin.CreateTopicsAsync([new() { Name = Topic, NumPartitions = Partitions }]).GetAwaiter().GetResult();
        try
        {
            using var producer = Build(bootstrapServers);
            var now = bus.Time.GetUtcNow();
            var confirmed = 0L;
            void Answered(DeliveryReport<string, byte[]> report) => Interlocked.Add(ref confirmed, report.Error.IsError ? 0 : 1);

            var start = bus.Time.GetTimestamp();
            foreach (var order in orders)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Send(producer, MessageOf(order, now), Answered);
            }

            while (producer.Flush(FlushStep) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return confirmed / bus.Time.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            admin.DeleteTopicsAsync([Topic]).GetAwaiter().GetResult();
        }
    }

    private static IProducer<string, byte[]> Build(string bootstrapServers) => new ProducerBuilder<string, byte[]>(KafkaClients.Configure(
        new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 1,
            DeliveryReportFields = "none",
            BatchSize = 1_000_000,
            QueueBufferingMaxMessages = 200_000,
            MessageMaxBytes = 1_048_576,
            MessageTimeoutMs = 20_000,
        },
        bootstrapServers)).SetLogHandler(KafkaClients.Silent).Build();

    private static void Send(IProducer<string, byte[]> producer, Message<string, byte[]> message, Action<DeliveryReport<string, byte[]>> answered)
    {
        while (true)
        {
            try
            {
                producer.Produce(Topic, message, answered);
                return;
            }
            catch (ProduceException<string, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(RoomWait);
            }
        }
    }

    private static Message<string, byte[]> MessageOf(BenchOrder order, DateTimeOffset now) => new()
    {
        Key = order.Uid,
        Value = order.Content,
        Headers = new Headers
        {
            { CloudEventHeaders.SpecVersion, "1.0"u8.ToArray() },
            { CloudEventHeaders.Id, Utf8($"{order.Uid}:1") },
            { CloudEventHeaders.Type, Utf8(OrderEventTypes.Created) },
            { CloudEventHeaders.Source, "/orders"u8.ToArray() },
            { CloudEventHeaders.Subject, Utf8(order.Uid) },
            { CloudEventHeaders.Time, Utf8(now.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)) },
            { CloudEventHeaders.Sequence, "1"u8.ToArray() },
            { CloudEventHeaders.ContentType, "application/json"u8.ToArray() },
        },
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
