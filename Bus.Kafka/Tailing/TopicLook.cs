using Bus.Kafka.Clients;
using Confluent.Kafka;

namespace Bus.Kafka.Tailing;

/// <summary>
/// Looks at a topic on a thread of its own, so that a broker that hangs holds up a look, and not the records that come meanwhile. One look at a
/// time; which partitions there are is asked every few seconds only. Called from one thread.
/// </summary>
internal sealed class TopicLook(TailOptions options, IConsumer<byte[]?, byte[]?> client, TimeProvider time)
{
    /// <summary>How often new partitions are looked for.</summary>
    private static readonly TimeSpan PartitionsInterval = TimeSpan.FromSeconds(5);

    private Task<TopicSight>? _looking;
    private TopicMetadata? _topic;
    private long _askedAt;
    private bool _areBrokersAway;

    /// <summary>Whether a look has begun whose outcome was not taken.</summary>
    public bool IsUnderWay => _looking is not null;

    private bool IsThere => _topic is { Error.IsError: false, Partitions.Count: > 0 };

    /// <summary>Begins a look; only where none is under way.</summary>
    public void Begin() => _looking = Task.Factory.StartNew(Look, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The outcome of the look that has begun, once; null where it is not there within <paramref name="patience"/>.</summary>
    /// <exception cref="KafkaException">The brokers did not answer.</exception>
    public TopicSight? Take(TimeSpan patience)
    {
        if (_looking is not { } looking || !IsOver(looking, patience))
        {
            return null;
        }

        _looking = null;
        return looking.GetAwaiter().GetResult();
    }

    /// <summary>Waits until the client is used no more.</summary>
    public void Finish()
    {
        if (_looking is { } looking)
        {
            IsOver(looking, Timeout.InfiniteTimeSpan);
        }
    }

    // A look that failed is over too: waiting for the task itself would throw.
    private static bool IsOver(Task looking, TimeSpan patience) =>
        looking.IsCompleted || (patience != TimeSpan.Zero && ((IAsyncResult)looking).AsyncWaitHandle.WaitOne(patience));

    private TopicSight Look()
    {
        if (!IsThere || (!_areBrokersAway && time.GetElapsedTime(_askedAt) >= PartitionsInterval))
        {
            _askedAt = time.GetTimestamp();
            try
            {
                _topic = Ask();
            }
            catch (KafkaException) when (IsThere)
            {
                // Whichever broker was asked: the partitions are known, and those that lead them are asked below.
            }
        }

        var partitions = IsThere ? _topic!.Partitions.ConvertAll(partition => partition.PartitionId) : [];
        try
        {
            var logs = LogBounds.Of(client, options.Topic, partitions, options.BrokerTimeout);
            _areBrokersAway = false;
            return new(_topic?.Error, logs);
        }
        catch (KafkaException silent) when (silent.Error.Code is ErrorCode.Local_TimedOut or ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown)
        {
            _areBrokersAway = true;
            throw;
        }
    }

    // Only the administrative client can ask, and it polls for answers on a thread of its own for as long as it lives, at the cost of a whole core
    // where the client library returns at once: it lives for one question, which is not asked while the brokers are away.
    private TopicMetadata? Ask()
    {
        using var admin = new DependentAdminClientBuilder(client.Handle).Build();
        return admin.GetMetadata(options.Topic, options.BrokerTimeout).Topics.Find(found => found.Topic == options.Topic);
    }
}

/// <summary>What a look at a topic showed.</summary>
/// <param name="Error">What the brokers say of the topic; null where they do not name it.</param>
/// <param name="Logs">Where the logs of its partitions begin and end; none where it does not exist.</param>
internal sealed record TopicSight(Error? Error, IReadOnlyDictionary<int, WatermarkOffsets> Logs);
