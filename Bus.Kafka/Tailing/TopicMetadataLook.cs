using Confluent.Kafka;

namespace Bus.Kafka.Tailing;

/// <summary>
/// What the brokers say of a topic, asked every few seconds on another thread. Only the administrative client can ask, and it polls for
/// answers on a thread of its own for as long as it lives, at the cost of a whole core where the client library returns at once: it lives for
/// one question.
/// </summary>
internal sealed class TopicMetadataLook(TailOptions options, Handle client, TimeProvider time)
{
    /// <summary>How often new partitions are looked for.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private Task<TopicMetadata?>? _asking;
    private TopicMetadata? _latest;
    private long _askedAt;

    private bool IsThere => _latest is { Error.IsError: false, Partitions.Count: > 0 };

    /// <summary>The latest answer; waits for one only while none has come that names partitions.</summary>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    public TopicMetadata? Latest()
    {
        if (_asking is null && (!IsThere || time.GetElapsedTime(_askedAt) >= Interval))
        {
            _askedAt = time.GetTimestamp();
            _asking = Task.Run(Ask);
        }

        if (_asking is { } asking && (!IsThere || asking.IsCompleted))
        {
            _asking = null;
            _latest = asking.GetAwaiter().GetResult();
        }

        return _latest;
    }

    /// <summary>Waits until the client is used no more.</summary>
    public void Finish() => _asking?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();

    private TopicMetadata? Ask()
    {
        using var admin = new DependentAdminClientBuilder(client).Build();
        return admin.GetMetadata(options.Topic, options.BrokerTimeout).Topics.Find(found => found.Topic == options.Topic);
    }
}
