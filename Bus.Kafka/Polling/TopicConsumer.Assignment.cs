using Bus.Kafka.Clients;
using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Bus.Kafka.Polling;

/// <summary>Which partitions are ours, where each starts, and what happens when its log is not the one we knew.</summary>
internal sealed partial class TopicConsumer
{
    /// <summary>How long partitions may take to begin, all questions and the watermarks together; a poll takes no longer, but for a stop in it.</summary>
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NudgeTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(2);

    private IConsumer<byte[]?, byte[]?> Build()
    {
        var config = _kafka.ApplyTo(new ConsumerConfig
        {
            GroupId = _subscription.Group,
            AutoOffsetReset = AutoOffsetReset.Error,
            EnableAutoOffsetStore = false,
            EnableAutoCommit = true,
            AutoCommitIntervalMs = 1_000,
            EnablePartitionEof = true,
            ConsumeResultFields = AssignedReader.ResultFields,
            IsolationLevel = IsolationLevel.ReadCommitted,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            SessionTimeoutMs = (int)_options.SessionTimeout.TotalMilliseconds,

            // As long does the group wait in a rebalance for a member that does not join, and the client for the answer; five minutes would be the default.
            MaxPollIntervalMs = (int)(BeginPatience + _options.StopPatience + _options.FullPatience).TotalMilliseconds,
            HeartbeatIntervalMs = (int)(_options.SessionTimeout.TotalMilliseconds / 6),
            TopicMetadataRefreshIntervalMs = (int)MetadataRefresh.TotalMilliseconds,
            AllowAutoCreateTopics = false,
            FetchWaitMaxMs = 100,
            ReconnectBackoffMaxMs = 1_000,
            SocketKeepaliveEnable = true,

            // Small, because FetchNudge keeps it from running dry.
            QueuedMaxMessagesKbytes = 24 << 10,
            QueuedMinMessages = 100_000,

            // A partition whose next batch of a producer is larger is left out of an answer that holds any other, and falls behind.
            FetchMaxBytes = 4 << 20,
            MaxPartitionFetchBytes = 1 << 20,
        });
        if (config.MaxPollIntervalMs < config.SessionTimeoutMs)
        {
            // Else the client refuses to be built.
            config.MaxPollIntervalMs = config.SessionTimeoutMs;
        }

        _nudge = new FetchNudge(AskForEnds, config.QueuedMaxMessagesKbytes.GetValueOrDefault() * 1024L, config.QueuedMinMessages.GetValueOrDefault());
        return new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetKeyDeserializer(RawBytes.Deserializer)
            .SetValueDeserializer(RawBytes.Deserializer)
            .SetPartitionsAssignedHandler((consumer, partitions) => Assign(consumer, partitions))
            .SetPartitionsRevokedHandler((consumer, partitions) => GiveUp(consumer, partitions))
            .SetPartitionsLostHandler((consumer, partitions) =>
            {
                GiveUp(consumer, partitions);
                if (!IsLeaving(consumer))
                {
                    State.Left();
                }
            })
            .SetErrorHandler((consumer, error) =>
            {
                if (!IsLeaving(consumer))
                {
                    ReportError(error);
                }
            })
            .SetLogHandler((_, message) => Log.ClientLog(_logger, message.Facility, message.Message))
            .Build();
    }

    /// <summary>Asked for the sake of the question; brokers that do not answer are noticed by the poll.</summary>
    private void AskForEnds()
    {
        try
        {
            LogBounds.EndsOf(_consumer!, _subscription.Topic, _workers.Keys, NudgeTimeout);
        }
        catch (KafkaException)
        {
            // Whoever leads no partition any more, or is gone, needs no nudge.
        }
        catch (Exception exception)
        {
            Log.NudgeFailed(_logger, exception, _subscription.Topic);
        }
    }

    /// <summary>
    /// Called by the client from within a poll. An exception must not leave it: under the cooperative protocol the client answers it
    /// with a call that fails in turn, and the process dies. It is kept for <see cref="ThrowRebalanceFailure"/> instead.
    /// </summary>
    private List<TopicPartitionOffset> Assign(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions)
    {
        _assigned = consumer;
        if (IsLeaving(consumer))
        {
            return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))];
        }

        try
        {
            return Start(consumer, partitions);
        }
        catch (Exception exception)
        {
            _rebalanceFailure = exception;
            return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))];
        }
    }

    /// <summary>Leaves the group when a rebalance could not be followed; whatever was received meanwhile is dropped with it.</summary>
    private void ThrowRebalanceFailure()
    {
        if (_rebalanceFailure is { } failure)
        {
            _rebalanceFailure = null;
            throw failure;
        }
    }

    /// <summary>Decides, before anything is fetched, where each partition starts: what is not in the log any more cannot be fetched.</summary>
    private List<TopicPartitionOffset> Start(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions)
    {
        _linger.End();
        Log.Assigned(_logger, _subscription.Topic, string.Join(", ", partitions.Select(partition => partition.Partition.Value)));
        var logs = LogBounds.Of(consumer, _subscription.Topic, partitions.Select(partition => partition.Partition.Value), QueryTimeout);
        var watermarks = LoadWatermarks(consumer, partitions, logs.ToDictionary(log => log.Key, log => log.Value.Low.Value));
        var start = new List<TopicPartitionOffset>(partitions.Count);
        foreach (var (partition, log) in logs)
        {
            var watermark = watermarks[partition];

            // Asked again where it seems to be so: whoever had the partition before us may have accounted for more between the two answers.
            if (EndsBelow(log.High, watermark) && EndsBelow(LogBounds.EndsOf(consumer, _subscription.Topic, [partition], QueryTimeout)[partition], watermark))
            {
                watermark = StartEpoch(consumer, partition, watermark.Epoch);
            }

            var position = new PartitionPosition(watermark);
            var lost = Math.Max(log.Low.Value - position.Received, 0);
            if (lost > 0)
            {
                Log.OffsetsLost(_logger, _subscription.Topic, partition, position.Received, log.Low.Value);
            }

            if (position.FetchFrom < log.Low.Value)
            {
                position.SkipTo(log.Low.Value);
            }

            var worker = new PartitionWorker(partition, position, lost, this, _options, _time, _logger);
            _workers[partition] = worker;
            State.Assigned(partition, watermark, () => worker.Problem);
            start.Add(new TopicPartitionOffset(_subscription.Topic, partition, position.FetchFrom));
        }

        State.Joined();
        LookNow();
        return start;
    }

    private static bool EndsBelow(Offset end, Watermark watermark) => end.Value < watermark.Position || end.Value <= watermark.Known?.Offset;

    private IReadOnlyDictionary<int, Watermark> LoadWatermarks(
        IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions, Dictionary<int, long> lowOffsets)
    {
        if (partitions.Count == 0)
        {
            return new Dictionary<int, Watermark>();
        }

        if (_store is not null)
        {
            return _store.LoadAsync(_subscription.Group, _subscription.Topic, lowOffsets, _stopping.Token).AsTask().GetAwaiter().GetResult();
        }

        return consumer.Committed(partitions, QueryTimeout).ToDictionary(
            committed => committed.Partition.Value,
            committed => new Watermark(
                1, committed.Offset.Value >= 0 ? committed.Offset.Value : lowOffsets[committed.Partition.Value], Last: null));
    }

    /// <summary>Its workers have stopped, and there may be another client already, with workers of its own.</summary>
    private bool IsLeaving(IConsumer<byte[]?, byte[]?> consumer) => !ReferenceEquals(consumer, _consumer);

    private void GiveUp(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartitionOffset> partitions)
    {
        var numbers = partitions.ConvertAll(partition => partition.Partition.Value);
        Log.Revoked(_logger, _subscription.Topic, string.Join(", ", numbers));
        if (IsLeaving(consumer))
        {
            return;
        }

        try
        {
            StopWorkers(numbers);
        }
        catch (Exception exception)
        {
            _rebalanceFailure = exception;
        }
    }

    private void StopWorkers(IReadOnlyCollection<int> partitions)
    {
        var stopped = new List<PartitionWorker>();
        ResumePaused(partitions.Where(_paused.Contains));
        foreach (var partition in partitions)
        {
            State.GaveUp(partition);
            if (_workers.TryRemove(partition, out var worker))
            {
                _linger.Forget(worker.Queue);
                stopped.Add(worker);
            }
        }

        _linger.End();
        Task.WhenAll(stopped.Select(async worker =>
        {
            await worker.StopAsync().ConfigureAwait(false);
            await worker.DisposeAsync().ConfigureAwait(false);
        })).GetAwaiter().GetResult();
        Release([.. stopped.Select(worker => worker.Partition)]);
    }

    /// <summary>A store that does not answer keeps nobody from leaving: it takes this for a crash, which is the careful way to be wrong.</summary>
    private void Release(List<int> partitions)
    {
        if (_store is null || partitions.Count == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(ReleasePatience, _time);
        try
        {
            _store.ReleaseAsync(_subscription.Group, _subscription.Topic, partitions, patience.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            Log.ReleaseFailed(_logger, exception, _subscription.Topic, string.Join(", ", partitions));
        }
    }

    private void HandleError(ConsumeException exception)
    {
        switch (exception.Error.Code)
        {
            // Below what is left of the log, or above its end: joining again decides what that means.
            case ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange:
                Rejoin();
                break;
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition:
                if (!_topicMissing)
                {
                    _topicMissing = true;
                    Log.TopicMissing(_logger, _subscription.Topic);
                }

                State.Missing();
                break;
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed:
            // The client goes on behind a record that it could not take, which would be counted as an offset without one: it is asked for again.
            case ErrorCode.Local_BadMsg or ErrorCode.Local_NotImplemented:
            case ErrorCode.Local_KeyDeserialization or ErrorCode.Local_ValueDeserialization:
                throw exception;
            default:
                if (exception.Error.IsFatal)
                {
                    throw exception;
                }

                ReportError(exception.Error);
                break;
        }
    }

    /// <summary>The log is another one than the watermark counts in; whatever is read again will be found duplicate.</summary>
    private Watermark StartEpoch(IConsumer<byte[]?, byte[]?> consumer, int partition, int epoch)
    {
        _linger.End();
        var low = LogBounds.Of(consumer, _subscription.Topic, [partition], QueryTimeout)[partition].Low.Value;
        var watermark = _store is null
            ? new Watermark(epoch + 1, low, Last: null)
            : _store.StartEpochAsync(_subscription.Group, _subscription.Topic, partition, epoch, low, _stopping.Token)
                .AsTask().GetAwaiter().GetResult();
        var level = _options.VolatileLog ? LogLevel.Information : LogLevel.Warning;
        Log.EpochStarted(_logger, level, _subscription.Topic, partition, watermark.Epoch, watermark.Position);
        return watermark;
    }

    private void ReportError(Error error)
    {
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            State.Unreachable(error.Reason);
        }

        Log.ClientError(_logger, error.Reason, error.Code.ToString());
    }
}
