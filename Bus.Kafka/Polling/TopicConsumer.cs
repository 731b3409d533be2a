using System.Collections.Concurrent;
using Bus.Kafka.Clients;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Confluent.Kafka;
using Failpoints;
using Microsoft.Extensions.Logging;

namespace Bus.Kafka.Polling;

/// <summary>
/// Reads one topic for one group: a thread that never stops polling, and a worker for each partition it holds. Where the group's
/// offset and the watermark differ, the watermark is right. When anything breaks, it leaves the group, waits, and joins again with a new client.
/// </summary>
internal sealed partial class TopicConsumer : IPartitionOwner, IAsyncDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a missing topic or a new partition is looked for.</summary>
    private static readonly TimeSpan MetadataRefresh = TimeSpan.FromSeconds(3);

    /// <summary>Clients that the garbage collector must not free either; <see cref="Leave"/> says why.</summary>
    private static readonly ConcurrentBag<IDisposable> Unfreed = [];

    private readonly TopicSubscription _subscription;
    private readonly TopicEndpointOptions _options;
    private readonly KafkaOptions _kafka;
    private readonly IWatermarkStore? _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<int, PartitionWorker> _workers = new();
    private readonly HashSet<int> _paused = [];
    private readonly SharedLinger _linger;
    private readonly Task _run;
    private readonly Task _rechecks;
    private volatile IConsumer<byte[]?, byte[]?>? _consumer;
    private FetchNudge? _nudge;
    private Exception? _rebalanceFailure;
    private volatile bool _rejoin;

    /// <summary>The client that was told its partitions last, be they none.</summary>
    private volatile IConsumer<byte[]?, byte[]?>? _assigned;
    private bool _topicMissing;

    public TopicConsumer(
        TopicSubscription subscription, TopicEndpointOptions options, KafkaOptions kafka, IWatermarkStore? store, TimeProvider time, ILogger logger)
    {
        (_subscription, _options, _kafka, _store, _time, _logger) = (subscription, options, kafka, store, time, logger);
        _linger = new SharedLinger(options.BatchLinger, time);
        _run = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _rechecks = Task.Factory.StartNew(RunRechecks, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What every partition stands at, for health and status.</summary>
    public TopicState State => _subscription.State;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        await _rechecks.ConfigureAwait(false);
        _stopping.Dispose();
    }

    public Task DispatchAsync(int partition, int epoch, long first, Run run, CancellationToken cancellationToken) =>
        _subscription.DispatchAsync(partition, epoch, first, run, cancellationToken);

    public Task PassAsync(Func<Task> dispatch, CancellationToken stopping) => _subscription.Gate?.PassAsync(dispatch, stopping) ?? dispatch();

    public void Accounted(int partition, long next)
    {
        State.Accounted(partition, next);
        Failpoint.Hit("before_offset_commit");
        try
        {
            _consumer?.StoreOffset(new TopicPartitionOffset(_subscription.Topic, partition, next));
        }
        catch (KafkaException)
        {
            // The partition was taken away meanwhile; the watermark in the store is what its next owner starts from.
        }
    }

    public void Rejoin() => _rejoin = true;

    private void Run()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                RunConsumer();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                State.Failed(exception);
                Log.ConsumerFailed(_logger, exception, _subscription.Topic);
                _stopping.Token.WaitHandle.WaitOne(_options.HoldMost);
            }
        }
    }

    /// <summary>One membership in the group, from joining to leaving.</summary>
    private void RunConsumer()
    {
        var consumer = Build();
        _consumer = consumer;
        _rejoin = false;
        try
        {
            consumer.Subscribe(_subscription.Topic);
            while (!_stopping.IsCancellationRequested && !_rejoin)
            {
                Poll(consumer);
            }
        }
        finally
        {
            _nudge?.End();
            State.Left();

            // A pause ends with its client; without one it would go on fetching what nobody will read.
            _paused.Clear();
            try
            {
                StopWorkers(_workers.Keys.ToList());
            }
            finally
            {
                _consumer = null;
                Leave(consumer);
            }
        }
    }

    /// <summary>
    /// Commits what was stored, leaves the group and frees the client. One that does not come to an end is left to itself: it waits a minute for an answer
    /// to its last commit, and can wait for good (librdkafka 2.0.2; its pull requests 4187 and 4528). To free one that was let into its group but
    /// not told its partitions ends the process (4381), so it is told them first; at a stop it may go with the process.
    /// </summary>
    private void Leave(IConsumer<byte[]?, byte[]?> consumer)
    {
        if (!WasAssigned(consumer) && (!string.IsNullOrEmpty(consumer.MemberId) || _stopping.IsCancellationRequested) && !BecomesAssigned(consumer))
        {
            Unfreed.Add(consumer);

            // Heard where the join has not begun: should the process live on, it must not begin then, with nobody to poll.
            consumer.Unsubscribe();
            return;
        }

        var leaving = Task.Factory.StartNew(
            () =>
            {
                using (consumer)
                {
                    consumer.Close();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (Task.WaitAny([leaving], _options.StopPatience) < 0)
        {
            Log.ClientDoesNotEnd(_logger, _subscription.Topic, _options.StopPatience);
            return;
        }

        leaving.GetAwaiter().GetResult();
    }

    private bool WasAssigned(IConsumer<byte[]?, byte[]?> consumer) => ReferenceEquals(consumer, _assigned);

    /// <summary>Polls a client that is leaving, and so is given nothing to read, until it is told its partitions; false where that takes too long.</summary>
    private bool BecomesAssigned(IConsumer<byte[]?, byte[]?> consumer)
    {
        var since = _time.GetTimestamp();
        while (!string.IsNullOrEmpty(consumer.MemberId) && _time.GetElapsedTime(since) < _options.StopPatience)
        {
            try
            {
                consumer.Consume(PollTimeout);
            }
            catch (ConsumeException)
            {
                // Whatever it is, nobody reads any more.
            }

            if (WasAssigned(consumer))
            {
                return true;
            }
        }

        return false;
    }

    private void Poll(IConsumer<byte[]?, byte[]?> consumer)
    {
        LeaveOtherLogs(consumer);
        if (_paused.Count > 0)
        {
            ResumePaused(_paused.Where(partition => !_workers[partition].Queue.IsFull));
        }

        ConsumeResult<byte[]?, byte[]?>? result;
        try
        {
            result = consumer.Consume(_linger.PollTime(PollTimeout));
        }
        catch (ConsumeException exception)
        {
            ThrowRebalanceFailure();
            HandleError(exception);
            return;
        }

        ThrowRebalanceFailure();

        var now = _time.GetTimestamp();
        State.Polled(now);
        _linger.Look(now);
        if (result is null)
        {
            return;
        }

        State.Answered();
        if (!_workers.TryGetValue(result.Partition.Value, out var worker))
        {
            return;
        }

        if (result.IsPartitionEOF)
        {
            _topicMissing = false;
            worker.ReachEnd(result.Offset.Value);
            State.ReachedEnd(worker.Partition, result.Offset.Value);
            return;
        }

        var record = ToRecord(result);
        _nudge?.Read(record.Size);
        if (worker.Receive(record))
        {
            StartEpoch(consumer, worker.Partition, worker.Epoch);
            Rejoin();
            return;
        }

        _linger.Wait(worker.Queue, now);
        if (worker.Queue.IsFull)
        {
            _linger.End();
            if (!worker.Queue.WaitForRoom(_options.FullPatience, _stopping.Token) && _paused.Add(worker.Partition))
            {
                consumer.Pause([new TopicPartition(_subscription.Topic, worker.Partition)]);
            }
        }
    }

    /// <summary>
    /// Never one that is not paused, which would be fetched again from an earlier offset. One that goes away has to be resumed too: the client
    /// keeps the pause with the partition, and would fetch nothing should it come back.
    /// </summary>
    private void ResumePaused(IEnumerable<int> partitions)
    {
        foreach (var partition in partitions.ToList())
        {
            _paused.Remove(partition);
            _consumer!.Resume([new TopicPartition(_subscription.Topic, partition)]);
        }
    }

    internal static Record ToRecord(ConsumeResult<byte[]?, byte[]?> result)
    {
        var message = result.Message;
        var size = (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0);
        RecordHeader[] headers = [];
        if (message.Headers is { Count: > 0 } received)
        {
            headers = new RecordHeader[received.Count];
            for (var i = 0; i < headers.Length; i++)
            {
                headers[i] = new RecordHeader(received[i].Key, received[i].GetValueBytes());
                size += headers[i].Name.Length + (headers[i].Value?.Length ?? 0);
            }
        }

        return new Record
        {
            Offset = result.Offset.Value,
            Timestamp = message.Timestamp.Type == TimestampType.NotAvailable ? -1 : message.Timestamp.UnixTimestampMs,
            Key = message.Key,
            Value = message.Value,
            Headers = headers,
            Size = size,
        };
    }
}
