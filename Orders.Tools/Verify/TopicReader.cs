using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Orders.Tools.Running;

namespace Orders.Tools.Verify;

/// <summary>Where a partition's log begins and ends.</summary>
internal readonly record struct LogBounds(long Low, long End);

/// <summary>Reads what is on a topic, committed records only, partition by partition from end to end; no group, nothing is committed.</summary>
internal sealed class TopicReader : IDisposable
{
    private static readonly TimeSpan OneQuestion = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OnePoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _bootstrapServers;
    private readonly TimeProvider _time;
    private readonly IConsumer<byte[]?, byte[]?> _consumer;

    public TopicReader(string bootstrapServers, TimeProvider time)
    {
        (_bootstrapServers, _time) = (bootstrapServers, time);
        var settings = new ConsumerConfig
        {
            GroupId = "bus-verify",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            EnablePartitionEof = true,
            ConsumeResultFields = "headers,timestamp",
            IsolationLevel = IsolationLevel.ReadCommitted,
            AutoOffsetReset = AutoOffsetReset.Earliest,

            // Each partition is read to its end, where the broker holds the next answer back this long; the partition after it waits behind that.
            FetchWaitMaxMs = 5,
        };
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(KafkaClients.Configure(settings, bootstrapServers))
            .SetKeyDeserializer(Bytes.Instance)
            .SetValueDeserializer(Bytes.Instance)
            .SetLogHandler(KafkaClients.Silent)
            .Build();
    }

    public IReadOnlyList<int> Partitions(string topic)
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        var found = admin.GetMetadata(topic, OneQuestion).Topics.Single();
        return found.Error.IsError
            ? throw BusException.Unreachable($"Kafka at {_bootstrapServers} does not show topic {topic}: {found.Error.Reason}")
            : [.. found.Partitions.Select(partition => partition.PartitionId).Order()];
    }

    public LogBounds Bounds(string topic, int partition)
    {
        var bounds = _consumer.QueryWatermarkOffsets(new(topic, partition), OneQuestion);
        return new(bounds.Low.Value, bounds.High.Value);
    }

    /// <summary>Whether old events of an order may be missing because the broker compacts the topic.</summary>
    public async Task<bool> IsCompactedAsync(string topic)
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        try
        {
            var described = await admin.DescribeConfigsAsync(
                [new() { Type = ResourceType.Topic, Name = topic }], new() { RequestTimeout = OneQuestion });
            return described[0].Entries.TryGetValue("cleanup.policy", out var policy) && policy.Value.Contains("compact", StringComparison.Ordinal);
        }
        catch (KafkaException)
        {
            // The embedded broker does not know the question, and never compacts.
            return false;
        }
    }

    /// <summary>Hands out every record from the beginning to just below the end that was seen.</summary>
    public void Read(string topic, int partition, LogBounds bounds, Action<ConsumeResult<byte[]?, byte[]?>> take, CancellationToken cancellationToken)
    {
        if (bounds.Low >= bounds.End)
        {
            return;
        }

        _consumer.Assign(new TopicPartitionOffset(topic, partition, bounds.Low));
        try
        {
            var last = _time.GetTimestamp();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = _consumer.Consume(OnePoll);
                if (result is null)
                {
                    if (_time.GetElapsedTime(last) > Patience)
                    {
                        throw BusException.Unreachable($"Kafka at {_bootstrapServers} stopped to give records of {topic}, partition {partition}.");
                    }

                    continue;
                }

                last = _time.GetTimestamp();
                if (result.IsPartitionEOF || result.Offset.Value >= bounds.End)
                {
                    return;
                }

                take(result);
                if (result.Offset.Value == bounds.End - 1)
                {
                    return;
                }
            }
        }
        finally
        {
            _consumer.Unassign();
        }
    }

    public void Dispose() => _consumer.Dispose();

    /// <summary>Bytes as they are; null and empty stay two things.</summary>
    private sealed class Bytes : IDeserializer<byte[]?>
    {
        public static readonly Bytes Instance = new();

        public byte[]? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : data.ToArray();
    }
}
