using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Load;

/// <summary>Reads <c>order-events</c> from its end at the start of the run, as any consumer would, without a group.</summary>
internal sealed class EventTail : IDisposable
{
    private static readonly TimeSpan OneQuestion = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OneLook = TimeSpan.FromMilliseconds(100);

    private readonly IConsumer<string, Ignore> _kafka;

    public EventTail(string bootstrapServers)
    {
        var settings = KafkaClients.Configure(
            new ConsumerConfig
            {
                GroupId = "bus-load",
                EnableAutoCommit = false,
                AutoOffsetReset = AutoOffsetReset.Error,
                IsolationLevel = IsolationLevel.ReadCommitted,
                ConsumeResultFields = "headers",
            },
            bootstrapServers);
        _kafka = new ConsumerBuilder<string, Ignore>(settings).SetLogHandler(KafkaClients.Silent).Build();
        try
        {
            _kafka.Assign(Ends());
        }
        catch (KafkaException silent)
        {
            _kafka.Dispose();
            throw BusException.Unreachable($"Kafka at {bootstrapServers} does not tell where {Topics.OrderEvents} ends: {silent.Error.Reason}");
        }
    }

    /// <summary>Why events cannot be read right now; null while they can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads until it is told to stop; to be run on a thread of its own.</summary>
    public void Follow(LoadTally tally, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (_kafka.Consume(OneLook) is { } record)
                {
                    Problem = null;
                    tally.Arrived(record.Message.Key, TimeOf(record.Message.Headers));
                }
            }
            catch (ConsumeException failure)
            {
                // The broker may come back; what was missed meanwhile is read then.
                Problem = failure.Error.Reason;
            }
        }
    }

    public void Dispose() => _kafka.Dispose();

    private List<TopicPartitionOffset> Ends()
    {
        using var admin = new DependentAdminClientBuilder(_kafka.Handle).Build();
        var topic = admin.GetMetadata(Topics.OrderEvents, OneQuestion).Topics.Single();
        return
        [
            .. topic.Partitions.Select(partition => new TopicPartition(Topics.OrderEvents, partition.PartitionId))
                .Select(partition => new TopicPartitionOffset(partition, _kafka.QueryWatermarkOffsets(partition, OneQuestion).High)),
        ];
    }

    private static DateTimeOffset? TimeOf(Headers headers) =>
        headers.TryGetLastBytes(CloudEventHeaders.Time, out var bytes)
        && DateTimeOffset.TryParse(Encoding.UTF8.GetString(bytes), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : null;
}
