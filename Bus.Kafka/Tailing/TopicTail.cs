using Bus.Kafka.Clients;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bus.Kafka.Tailing;

/// <summary>
/// Follows a topic from its end on, by assignment, without a group: every process that follows gets every record. The invariant: each
/// record after the noted ends is handed over in its partition's order, or <see cref="ITailHandler.OnGap"/> is called.
/// </summary>
public sealed class TopicTail(
    ITailHandler handler,
    IOptions<KafkaOptions> kafka,
    IOptions<TailOptions> options,
    TimeProvider time,
    ILogger<TopicTail> logger) : BackgroundService
{
    private const int PollMilliseconds = 100;

    private readonly TailOptions _options = options.Value;
    private readonly TailPositions _positions = new();
    private bool _hasBegun;

    /// <summary>Whether the topic was not there at the look before; once alone may be a broker that does not know it yet.</summary>
    private bool _wasMissing;
    private volatile bool _isKeepingUp;
    private volatile string _state = "has not begun";

    /// <summary>Whether the brokers answer, and all that was there at the look before the last one has been handed over.</summary>
    public bool IsKeepingUp => _isKeepingUp;

    /// <summary>For a person: what the tail is doing, or what it waits for.</summary>
    public string State => _state;

    /// <inheritdoc/>
    // A thread of its own: the client's calls block, and a record must not wait for a free thread of the pool.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () => Run(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var consumer = BuildConsumer();
                // A second client, because a broker answers one connection's requests in order: a look on the connection that waits
                // for records would wait with it, and hold the records up.
                using var looker = BuildConsumer();
                Follow(consumer, looker, cancellationToken);
                consumer.Close();
            }
            catch (Exception exception)
            {
                // The positions stay: the next client goes on from there.
                Say(keepsUp: false, $"begins anew after: {exception.Message}");
                Log.TailFailed(logger, exception, _options.Topic);
                cancellationToken.WaitHandle.WaitOne(_options.CheckInterval);
            }
        }
    }

    private void Follow(IConsumer<byte[]?, byte[]?> consumer, IConsumer<byte[]?, byte[]?> looker, CancellationToken cancellationToken)
    {
        Assign(consumer);
        var look = new TopicLook(_options, looker, time);
        try
        {
            var isDue = true;
            var begunAt = 0L;
            while (!cancellationToken.IsCancellationRequested)
            {
                if (isDue && !look.IsUnderWay)
                {
                    begunAt = time.GetTimestamp();
                    _positions.Ask();
                    look.Begin();
                    isDue = false;
                }

                Take(consumer, look);
                isDue |= !ConsumeOne(consumer) || time.GetElapsedTime(begunAt) >= _options.CheckInterval;
            }
        }
        catch
        {
            // Before the look under way is waited for, which a broker may hold.
            _isKeepingUp = false;
            throw;
        }
        finally
        {
            look.Finish();
        }
    }

    /// <summary>Hands over at most one record; false where the broker does not know the position in a partition.</summary>
    private bool ConsumeOne(IConsumer<byte[]?, byte[]?> consumer)
    {
        try
        {
            var result = consumer.Consume(PollMilliseconds);
            if (result is null)
            {
                return true;
            }

            if (result.IsPartitionEOF)
            {
                _positions.Reached(result.Partition, result.Offset);
                return true;
            }

            handler.OnRecord(new TailRecord(
                result.Message.Key, result.Message.Value, result.Message.Headers, result.Partition, result.Offset));
            _positions.Reached(result.Partition, result.Offset + 1);
            return true;
        }
        catch (ConsumeException exception) when (
            exception.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
        {
            if (exception.ConsumerRecord is { } lost)
            {
                _positions.Lose(lost.Partition);
            }

            return false;
        }
        catch (ConsumeException exception) when (!exception.Error.IsFatal)
        {
            // The client keeps trying; the next look says whether the brokers are there.
            Log.TailReadFailed(logger, _options.Topic, exception.Error.Reason);
            return true;
        }
    }

    /// <summary>What the look at the topic showed, where it is over: its partitions, and whether the positions still mean something.</summary>
    private void Take(IConsumer<byte[]?, byte[]?> consumer, TopicLook look)
    {
        TopicSight? sight;
        try
        {
            // Before the first look there is nothing to read.
            sight = look.Take(_hasBegun ? TimeSpan.Zero : TimeSpan.FromMilliseconds(PollMilliseconds));
        }
        catch (KafkaException exception) when (!exception.Error.IsFatal)
        {
            Say(keepsUp: false, $"cannot reach Kafka at {kafka.Value.BootstrapServers}: {exception.Error.Reason}");
            return;
        }

        if (sight is null)
        {
            return;
        }

        if (sight.Logs.Count == 0 && sight.Error?.Code is not (ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic))
        {
            Say(keepsUp: false, $"cannot see topic {_options.Topic}: {sight.Error?.Reason}");
            return;
        }

        var keepsUp = Meet(consumer, sight.Logs);
        if (sight.Logs.Count > 0)
        {
            _wasMissing = false;
            Say(keepsUp, keepsUp ? "keeps up" : "is behind");
            return;
        }

        if (_wasMissing)
        {
            // Whatever bears its name next is another topic, however far it has grown by then.
            _positions.LoseAll();
        }

        _wasMissing = true;
        Say(keepsUp: false, $"waits for topic {_options.Topic}, which does not exist");
    }

    /// <summary>Whether all positions keep up with the logs; where one means nothing any more it begins anew, and the handler is told.</summary>
    private bool Meet(IConsumer<byte[]?, byte[]?> consumer, IReadOnlyDictionary<int, WatermarkOffsets> logs)
    {
        var keepsUp = true;
        var isChanged = false;
        var isFirst = !_hasBegun;
        var gap = isFirst ? "following begins" : null;
        foreach (var (partition, offsets) in logs)
        {
            if (!_positions.Knows(partition))
            {
                // A partition that was added later is read whole; nothing of it was seen.
                _positions.Begin(partition, _hasBegun ? offsets.Low : offsets.High, offsets.Low);
                isChanged = true;
                continue;
            }

            var look = _positions.Look(partition, offsets.Low, offsets.High);
            keepsUp &= look == TailLook.KeepsUp;
            if (look == TailLook.Gap)
            {
                _positions.Begin(partition, offsets.Low, offsets.Low);
                gap = $"records of {_options.Topic}[{partition}] are gone, or the topic was created anew; "
                    + $"it holds {offsets.Low} to {offsets.High}";
                isChanged = true;
            }
        }

        _hasBegun = true;
        if (gap is not null)
        {
            // After the positions were noted, from which this client or the next one reads: what changes from here on arrives as a record.
            if (isFirst)
            {
                Log.TailBegins(logger, _options.Topic, _positions.Count);
            }
            else
            {
                Log.TailGap(logger, _options.Topic, gap);
            }

            handler.OnGap(gap);
        }

        if (isChanged)
        {
            Assign(consumer);
        }

        return keepsUp;
    }

    private void Assign(IConsumer<byte[]?, byte[]?> consumer)
    {
        if (_positions.Count > 0)
        {
            consumer.Assign(_positions.All.Select(position =>
                new TopicPartitionOffset(_options.Topic, position.Partition, position.Next)));
        }
    }

    private void Say(bool keepsUp, string state)
    {
        if (keepsUp != _isKeepingUp || !string.Equals(state, _state, StringComparison.Ordinal))
        {
            Log.TailState(logger, _options.Topic, state);
        }

        (_isKeepingUp, _state) = (keepsUp, state);
    }

    private IConsumer<byte[]?, byte[]?> BuildConsumer() => AssignedReader.Build(
        kafka.Value,
        "topic-tail",
        config =>
        {
            // Half of the client's default, for all partitions: what waits here is memory beside the cache.
            config.QueuedMaxMessagesKbytes = 32 * 1024;
            config.FetchWaitMaxMs = 100;
            config.FetchMaxBytes = 8 * 1024 * 1024;
        },
        line => Log.TailClient(logger, line));
}
