using Bus.Kafka.Records;
using Confluent.Kafka;

namespace Bus.Kafka.Clients;

/// <summary>
/// A consumer that reads what it is told to: no group is joined and nothing is committed, so whoever reads the topic live is not touched.
/// </summary>
internal static class AssignedReader
{
    /// <summary>What a record is asked for besides key and value; not the topic, of which the client would make a text for each.</summary>
    public const string ResultFields = "headers,timestamp";

    /// <param name="kafka">Where the brokers are.</param>
    /// <param name="group">Required by the client, and what its rights are asked for.</param>
    /// <param name="configure">How much is fetched ahead.</param>
    /// <param name="line">Gets the client's own lines, if given; whether the brokers are there is told by what is asked of them.</param>
    public static IConsumer<byte[]?, byte[]?> Build(KafkaOptions kafka, string group, Action<ConsumerConfig> configure, Action<string>? line = null)
    {
        var config = new ConsumerConfig
        {
            GroupId = group,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Error,
            EnablePartitionEof = true,
            ConsumeResultFields = ResultFields,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AllowAutoCreateTopics = false,
            ReconnectBackoffMaxMs = 1_000,
        };
        configure(config);
        return new ConsumerBuilder<byte[]?, byte[]?>(kafka.ApplyTo(config))
            .SetKeyDeserializer(RawBytes.Deserializer)
            .SetValueDeserializer(RawBytes.Deserializer)
            .SetErrorHandler((_, error) => line?.Invoke(error.Reason))
            .SetLogHandler((_, message) => line?.Invoke(message.Message))
            .Build();
    }
}
