using Bus.Kafka.Clients;
using Bus.Kafka.Records;
using Confluent.Kafka;

namespace Bus.Kafka.Watermarks;

/// <summary>
/// Tells whether logs are still those that were read, while they are read: a client of its own asks for their ends and fetches the last
/// record of each again that was the last accounted one when it looked before: what came after that may be of a new log already. It reads
/// by assignment and commits nothing, so the reader's own position is never touched.
/// </summary>
internal sealed class LogCheck : IDisposable
{
    private static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan OnePoll = TimeSpan.FromMilliseconds(100);

    private readonly string _topic;
    private readonly TimeProvider _time;
    private readonly IConsumer<byte[]?, byte[]?> _consumer;

    /// <summary>What each log is known by. It outlives a rejoin, before which records of a new log may have been accounted for.</summary>
    private readonly Dictionary<int, Watermark> _known = [];
    private readonly Dictionary<int, Watermark> _recognised = [];

    public LogCheck(string topic, string group, KafkaOptions kafka, TimeProvider time)
    {
        (_topic, _time) = (topic, time);
        _consumer = AssignedReader.Build(kafka, group, config =>
        {
            // One record per partition is asked for; the broker gives the one batch it lies in, whatever its size.
            config.MaxPartitionFetchBytes = 1;
            config.QueuedMinMessages = 1;
            config.QueuedMaxMessagesKbytes = 1;
        });
    }

    /// <summary>
    /// What was accounted for of those logs that the latest look found to be the same, or that hold nothing any more of what they were known by, where
    /// that says more than the look before.
    /// </summary>
    public IReadOnlyDictionary<int, Watermark> Recognised => _recognised;

    /// <summary>
    /// Those of the partitions whose log is another one than what was accounted for came from. What cannot be seen now (no answer in
    /// time, the last record expired or compacted away) is not among them.
    /// </summary>
    /// <param name="logs">What was accounted for, noted before this is called: a log only grows.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="KafkaException">A broker did not answer; nothing can be said.</exception>
    public IReadOnlyCollection<int> FindOthers(IReadOnlyDictionary<int, ReadLog> logs, CancellationToken cancellationToken)
    {
        var others = new List<int>();
        var lasts = new Dictionary<int, long>();
        _recognised.Clear();
        var bounds = LogBounds.Of(_consumer, _topic, logs.Keys, QuestionTimeout);
        foreach (var (partition, log) in logs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_known.TryGetValue(partition, out var known) || known.Epoch != log.Accounted.Epoch)
            {
                _known[partition] = known = KnownAtStart(log.Start);
            }

            if (bounds[partition].High.Value < log.Accounted.Position || bounds[partition].High.Value <= known.Last?.Offset)
            {
                others.Add(partition);
            }
            else if (known.Last is { } last && last.Offset >= bounds[partition].Low.Value)
            {
                lasts.Add(partition, last.Offset);
            }
            else
            {
                Recognise(partition, log.Accounted);
            }
        }

        CompareLasts(logs, lasts, others, cancellationToken);
        return others;
    }

    /// <summary>Whether the broker that leads partition 0, which every topic has, says where it ends.</summary>
    public bool IsAnswered()
    {
        try
        {
            return LogBounds.EndsOf(_consumer, _topic, [0], QuestionTimeout).Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    private void CompareLasts(
        IReadOnlyDictionary<int, ReadLog> logs, Dictionary<int, long> waiting, List<int> others, CancellationToken cancellationToken)
    {
        if (waiting.Count == 0)
        {
            return;
        }

        Ask(waiting);
        try
        {
            var since = _time.GetTimestamp();
            while (waiting.Count > 0 && _time.GetElapsedTime(since) < QuestionTimeout)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Consume() is not { } result)
                {
                    // Any question wakes the client's thread, which else may sleep for a second before it fetches (decision 0007).
                    LogBounds.EndsOf(_consumer, _topic, waiting.Keys, QuestionTimeout);
                    continue;
                }

                if (!waiting.Remove(result.Partition.Value))
                {
                    continue;
                }

                // An answer holds one partition's record, and having that the client asks for no other before its thread wakes up: the same few would
                // be seen at every look, and a new log in any other never.
                Ask(waiting);
                if (result.IsPartitionEOF)
                {
                    continue;
                }

                var partition = result.Partition.Value;
                if (IsOther(result, _known[partition]))
                {
                    others.Add(partition);
                }
                else
                {
                    Recognise(partition, logs[partition].Accounted);
                }
            }
        }
        finally
        {
            _consumer.Unassign();
        }
    }

    private void Ask(Dictionary<int, long> waiting) =>
        _consumer.Assign(waiting.Select(last => new TopicPartitionOffset(_topic, last.Key, last.Value)).ToList());

    /// <summary>
    /// What the reader before us knew the log by: the last record it accounted for may be of another log. What lies between the two is not known, so
    /// a record that follows a compacted one says nothing.
    /// </summary>
    private static Watermark KnownAtStart(Watermark start) =>
        start.Known is { } known ? new Watermark(start.Epoch, known.Offset + 1, known) : start;

    private void Recognise(int partition, Watermark accounted)
    {
        if (accounted.Last is not { } last)
        {
            return;
        }

        if (last.Offset != _known[partition].Last?.Offset)
        {
            _recognised[partition] = accounted;
        }

        _known[partition] = accounted;
    }

    private ConsumeResult<byte[]?, byte[]?>? Consume()
    {
        try
        {
            return _consumer.Consume(OnePoll);
        }
        catch (ConsumeException)
        {
            // Expired meanwhile, or no leader right now: the next check sees what it means.
            return null;
        }
    }

    private static bool IsOther(ConsumeResult<byte[]?, byte[]?> result, Watermark watermark)
    {
        var timestamp = result.Message.Timestamp;
        var record = new Record
        {
            Offset = result.Offset.Value,
            Timestamp = timestamp.Type == TimestampType.NotAvailable ? -1 : timestamp.UnixTimestampMs,
            Value = result.Message.Value,
        };
        return new PartitionPosition(watermark).Arrive(record) == Arrival.OtherLog;
    }
}

/// <summary>A log as far as it was read.</summary>
/// <param name="Start">What was accounted for when its partition was assigned.</param>
/// <param name="Accounted">What is accounted for now.</param>
internal readonly record struct ReadLog(Watermark Start, Watermark Accounted);
