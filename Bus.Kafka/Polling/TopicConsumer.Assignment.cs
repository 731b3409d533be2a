using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Confluent.Kafka;

namespace Bus.Kafka.Polling;

/// <summary>Which partitions are ours, where each starts, and what happens when its log is not the one we knew.</summary>
internal sealed partial class TopicConsumer
{
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);

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
            IsolationLevel = IsolationLevel.ReadCommitted,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            SessionTimeoutMs = (int)_options.SessionTimeout.TotalMilliseconds,
            HeartbeatIntervalMs = (int)(_options.SessionTimeout.TotalMilliseconds / 6),
            TopicMetadataRefreshIntervalMs = (int)MetadataRefresh.TotalMilliseconds,
            AllowAutoCreateTopics = false,
            FetchWaitMaxMs = 100,
            ReconnectBackoffMaxMs = 1_000,
            SocketKeepaliveEnable = true,

            // librdkafka stops fetching a partition for a second when its local queue is full: small queues cap the throughput.
            FetchMaxBytes = 8 << 20,
            MaxPartitionFetchBytes = 1 << 20,
        });
        return new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetKeyDeserializer(RawBytes.Deserializer)
            .SetValueDeserializer(RawBytes.Deserializer)
            .SetPartitionsAssignedHandler((consumer, partitions) => Assign(consumer, partitions))
            .SetPartitionsRevokedHandler((_, partitions) => GiveUp(partitions.Select(partition => partition.Partition.Value)))
            .SetPartitionsLostHandler((_, partitions) => GiveUp(partitions.Select(partition => partition.Partition.Value)))
            .SetErrorHandler((_, error) => ReportError(error))
            .SetLogHandler((_, message) => Log.ClientLog(_logger, message.Facility, message.Message))
            .Build();
    }

    /// <summary>Runs on the poll thread; a failure here leaves the group, and the outer loop joins again.</summary>
    private List<TopicPartitionOffset> Assign(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions)
    {
        Log.Assigned(_logger, _subscription.Topic, string.Join(", ", partitions.Select(partition => partition.Partition.Value)));
        var watermarks = LoadWatermarks(consumer, partitions);
        var start = new List<TopicPartitionOffset>(partitions.Count);
        foreach (var partition in partitions)
        {
            var number = partition.Partition.Value;
            var watermark = watermarks.TryGetValue(number, out var known)
                ? known
                : new Watermark(1, consumer.QueryWatermarkOffsets(partition, QueryTimeout).Low.Value, Last: null);
            var worker = new PartitionWorker(number, watermark, this, _options, _time, _logger);
            _workers[number] = worker;
            State.Assigned(number, watermark, () => worker.Held);
            start.Add(new TopicPartitionOffset(partition, worker.Position.FetchFrom));
        }

        State.Joined();
        return start;
    }

    private IReadOnlyDictionary<int, Watermark> LoadWatermarks(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> partitions)
    {
        if (partitions.Count == 0)
        {
            return new Dictionary<int, Watermark>();
        }

        if (_store is null)
        {
            return consumer.Committed(partitions, QueryTimeout)
                .Where(committed => committed.Offset.Value >= 0)
                .ToDictionary(committed => committed.Partition.Value, committed => new Watermark(1, committed.Offset.Value, Last: null));
        }

        var numbers = partitions.Select(partition => partition.Partition.Value).ToList();
        return _store.LoadAsync(_subscription.Group, _subscription.Topic, numbers, _stopping.Token).AsTask().GetAwaiter().GetResult();
    }

    private void GiveUp(IEnumerable<int> partitions)
    {
        var numbers = partitions.ToList();
        Log.Revoked(_logger, _subscription.Topic, string.Join(", ", numbers));
        StopWorkers(numbers);
    }

    private void StopWorkers(IReadOnlyCollection<int> partitions)
    {
        var stopped = new List<PartitionWorker>();
        foreach (var partition in partitions)
        {
            _paused.Remove(partition);
            State.GaveUp(partition);
            if (_workers.Remove(partition, out var worker))
            {
                stopped.Add(worker);
            }
        }

        Task.WhenAll(stopped.Select(async worker =>
        {
            await worker.StopAsync().ConfigureAwait(false);
            await worker.DisposeAsync().ConfigureAwait(false);
        })).GetAwaiter().GetResult();
    }

    private void HandleError(IConsumer<byte[]?, byte[]?> consumer, ConsumeException exception)
    {
        var partition = exception.ConsumerRecord?.Partition.Value ?? -1;
        switch (exception.Error.Code)
        {
            case ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange when _workers.TryGetValue(partition, out var worker):
                LeaveRange(consumer, worker);
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

    /// <summary>The offset asked for is not in the log: its head was deleted, or it is another log.</summary>
    private void LeaveRange(IConsumer<byte[]?, byte[]?> consumer, PartitionWorker worker)
    {
        var topicPartition = new TopicPartition(_subscription.Topic, worker.Partition);
        var offsets = consumer.QueryWatermarkOffsets(topicPartition, QueryTimeout);
        var position = worker.Position;
        if (offsets.High.Value < position.Received)
        {
            StartEpoch(consumer, worker);
            return;
        }

        if (offsets.Low.Value > position.Received)
        {
            Log.OffsetsLost(_logger, _subscription.Topic, worker.Partition, position.Received, offsets.Low.Value);
            worker.Queue.Lose(position.Received, offsets.Low.Value);
        }

        position.SkipTo(offsets.Low.Value);
        Move(consumer, worker.Partition, position.Received);
    }

    private void StartEpoch(IConsumer<byte[]?, byte[]?> consumer, PartitionWorker worker)
    {
        var low = consumer.QueryWatermarkOffsets(new TopicPartition(_subscription.Topic, worker.Partition), QueryTimeout).Low.Value;
        var epoch = worker.Position.Epoch;
        var watermark = _store is null
            ? new Watermark(epoch + 1, low, Last: null)
            : _store.StartEpochAsync(_subscription.Group, _subscription.Topic, worker.Partition, epoch, low, _stopping.Token)
                .AsTask().GetAwaiter().GetResult();
        Log.EpochStarted(_logger, _subscription.Topic, worker.Partition, watermark.Epoch, watermark.Position);
        SeekTo(consumer, worker, watermark);
    }

    private void ReportError(Error error)
    {
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            State.Failed(new KafkaException(error));
        }

        Log.ClientError(_logger, error.Reason, error.Code.ToString());
    }
}
