using Bus.Kafka.Clients;
using Bus.Kafka.Polling;
using Bus.Kafka.Records;
using Confluent.Kafka;

namespace Bus.Kafka.Ranges;

/// <summary>
/// Reads ranges of a topic's partitions again, one after another, by assignment: no group is joined and nothing is committed, so whoever reads
/// the topic live is not touched. For one thread.
/// </summary>
public sealed class RangeReader : IDisposable
{
    private static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OnePoll = TimeSpan.FromMilliseconds(100);

    /// <summary>How long nothing may come of a log that has more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _topic;
    private readonly TimeProvider _time;
    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private Record? _ahead;

    /// <param name="topic">What is read.</param>
    /// <param name="group">The client asks for one; it is not joined.</param>
    /// <param name="kafka">Where the brokers are.</param>
    /// <param name="time">For patience.</param>
    public RangeReader(string topic, string group, KafkaOptions kafka, TimeProvider time)
    {
        (_topic, _time) = (topic, time);
        _consumer = AssignedReader.Build(kafka, group, config => config.QueuedMaxMessagesKbytes = 16 << 10);
    }

    /// <summary>Where the partition's log begins, and the offset behind its last record.</summary>
    /// <exception cref="KafkaException">The brokers do not answer, or there is no such partition.</exception>
    public (long Low, long End) BoundsOf(int partition)
    {
        var bounds = LogBounds.Of(_consumer, _topic, [partition], QuestionTimeout)[partition];
        return (bounds.Low.Value, bounds.High.Value);
    }

    /// <summary>The offset of the partition's first record of that time or later; null where there is none.</summary>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    public long? OffsetAt(int partition, DateTimeOffset time)
    {
        var question = new TopicPartitionTimestamp(_topic, partition, new Timestamp(time.ToUnixTimeMilliseconds(), TimestampType.CreateTime));
        var offset = _consumer.OffsetsForTimes([question], QuestionTimeout)[0].Offset;
        return offset.Value >= 0 ? offset.Value : null;
    }

    /// <summary>Goes to an offset of a partition, which is read from there on.</summary>
    public void Seek(int partition, long offset)
    {
        _ahead = null;
        _consumer.Assign(new TopicPartitionOffset(_topic, partition, offset));
    }

    /// <summary>The next records below <paramref name="end"/>, and the offset behind them: the end where no more are below it.</summary>
    /// <exception cref="RangeGoneException">The log no longer holds the offset that was to be read.</exception>
    /// <exception cref="KafkaException">Nothing came in time.</exception>
    public (IReadOnlyList<Record> Records, long Next) Read(long end, int mostRecords, long mostBytes, CancellationToken cancellationToken)
    {
        var records = new List<Record>();
        var bytes = 0L;
        var since = _time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_ahead is { } record)
            {
                if (record.Offset >= end)
                {
                    return (records, end);
                }

                if (records.Count == mostRecords || (records.Count > 0 && bytes + record.Size > mostBytes))
                {
                    return (records, records[^1].Offset + 1);
                }

                (_ahead, bytes, since) = (null, bytes + record.Size, _time.GetTimestamp());
                records.Add(record);
                if (record.Offset == end - 1)
                {
                    return (records, end);
                }
            }
            else if (IsAtEnd(end))
            {
                return (records, end);
            }
            else if (_ahead is null && _time.GetElapsedTime(since) > Patience)
            {
                throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"No record of {_topic} came within {Patience.TotalSeconds:0} s."));
            }
        }
    }

    /// <summary>Leaves the brokers.</summary>
    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    /// <summary>Takes the next record, if one comes; true where the log ends instead.</summary>
    private bool IsAtEnd(long end)
    {
        ConsumeResult<byte[]?, byte[]?>? result;
        try
        {
            result = _consumer.Consume(OnePoll);
        }
        catch (ConsumeException exception) when (exception.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
        {
            throw new RangeGoneException(_topic, exception);
        }

        if (result is null)
        {
            return false;
        }

        if (result.IsPartitionEOF)
        {
            return result.Offset.Value >= end ? true : throw new RangeGoneException(_topic, null);
        }

        _ahead = TopicConsumer.ToRecord(result);
        return false;
    }
}

/// <summary>The log no longer holds what was to be read: its head was deleted meanwhile, or it is another log.</summary>
public sealed class RangeGoneException(string topic, Exception? cause)
    : Exception($"The log of {topic} no longer holds what was to be read: its head was deleted meanwhile, or the topic was created again.", cause);
