using Bus.Kafka.Records;
using Confluent.Kafka;

namespace Bus.Kafka.Clients;

/// <summary>
/// A consumer that reads what it is told to: no group is joined and nothing is committed, so whoever reads the topic live is not touched.
/// </summary>
internal static class AssignedReader
{
    /// <param name="kafka">Where the brokers are.</param>
    /// <param name="group">Required by the client, and what its rights are asked for.</param>
    /// <param name="configure">How much is fetched ahead.</param>
    public static IConsumer<byte[]?, byte[]?> Build(KafkaOptions kafka, string group, Action<ConsumerConfig> configure)
    {
        ArgumentNullException.ThrowIfNull(kafka);
        var config = new ConsumerConfig
        {
            GroupId = group,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Error,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AllowAutoCreateTopics = false,
            ReconnectBackoffMaxMs = 1_000,
        };
        configure(config);
        return new ConsumerBuilder<byte[]?, byte[]?>(kafka.ApplyTo(config))
            .SetKeyDeserializer(RawBytes.Deserializer)
            .SetValueDeserializer(RawBytes.Deserializer)
            .SetErrorHandler((_, _) => { })
            .SetLogHandler((_, _) => { })
            .Build();
    }
}
