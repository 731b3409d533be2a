using Confluent.Kafka;

namespace Bus.Kafka.Clients;

/// <summary>
/// Where logs begin and end. The client has a question for this too, but it goes on asking a broker that is gone until it is back, whatever time it
/// was given (librdkafka 2.0.2, <c>rd_kafka_query_watermark_offsets</c>), and it asks for each partition alone; the question for the offset of a
/// time keeps to its time, and -2 and -1 stand for the beginning and the end.
/// </summary>
internal static class LogBounds
{
    private static readonly Timestamp Beginning = new(-2, TimestampType.NotAvailable);
    private static readonly Timestamp End = new(-1, TimestampType.NotAvailable);

    /// <summary>
    /// By partition. The end is the last stable offset where the client reads committed records only. It is asked for after the beginning, so that
    /// it is never below it.
    /// </summary>
    /// <exception cref="KafkaException">Within twice the time the brokers did not answer, or a partition is not there.</exception>
    public static Dictionary<int, WatermarkOffsets> Of(IConsumer<byte[]?, byte[]?> client, string topic, IEnumerable<int> partitions, TimeSpan timeout)
    {
        TopicPartition[] asked = [.. partitions.Select(partition => new TopicPartition(topic, partition))];
        if (asked.Length == 0)
        {
            return [];
        }

        var lows = Ask(client, asked, Beginning, timeout);
        var ends = Ask(client, asked, End, timeout);
        return asked.ToDictionary(
            partition => partition.Partition.Value, partition => new WatermarkOffsets(lows[partition.Partition], ends[partition.Partition]));
    }

    /// <summary>The ends alone, by partition.</summary>
    /// <exception cref="KafkaException">Within the time the brokers did not answer, or a partition is not there.</exception>
    public static Dictionary<int, long> EndsOf(IConsumer<byte[]?, byte[]?> client, string topic, IEnumerable<int> partitions, TimeSpan timeout)
    {
        TopicPartition[] asked = [.. partitions.Select(partition => new TopicPartition(topic, partition))];
        return asked.Length == 0 ? [] : Ask(client, asked, End, timeout).ToDictionary(end => end.Key.Value, end => end.Value.Value);
    }

    private static Dictionary<Partition, Offset> Ask(IConsumer<byte[]?, byte[]?> client, TopicPartition[] partitions, Timestamp which, TimeSpan timeout) =>
        client.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition, which)), timeout)
            .ToDictionary(answer => answer.Partition, answer => answer.Offset);
}
