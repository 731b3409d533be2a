using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Status;

/// <summary>Looks for settings of a real broker that make the guarantee weaker than it reads.</summary>
internal static class KafkaAudit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<string>> WarningsAsync(KafkaState kafka)
    {
        if (kafka.IsEmbedded || kafka.BootstrapServers.Length == 0)
        {
            return [];
        }

        var settings = KafkaClients.Configure(new AdminClientConfig(), kafka.BootstrapServers);
        using var admin = new AdminClientBuilder(settings).SetLogHandler(KafkaClients.Silent).Build();
        try
        {
            var described = await admin.DescribeConfigsAsync(
                [new() { Type = ResourceType.Topic, Name = Topics.Orders }], new() { RequestTimeout = Patience });
            return described[0].Entries.TryGetValue("message.timestamp.type", out var type) && type.Value == "CreateTime"
                ? [$"Topic {Topics.Orders} uses CreateTime: where an order comes through two partitions, "
                    + "its producers' clocks decide what is newer. "
                    + $"Mend it with: kafka-configs.sh --bootstrap-server {kafka.BootstrapServers} --alter "
                    + $"--entity-type topics --entity-name {Topics.Orders} --add-config message.timestamp.type=LogAppendTime"]
                : [];
        }
        catch (KafkaException refused)
        {
            return [$"Kafka at {kafka.BootstrapServers} did not tell how topic {Topics.Orders} is configured: {refused.Error.Reason}"];
        }
    }
}
