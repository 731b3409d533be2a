using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>Makes the application's topics where they are missing.</summary>
internal static class KafkaTopics
{
    private const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Whether a broker answers at once.</summary>
    public static bool Answers(string bootstrapServers)
    {
        using var admin = Admin(bootstrapServers);
        return admin.GetMetadata(TimeSpan.FromSeconds(1)).Brokers.Count > 0;
    }

    /// <summary>
    /// Creates what is missing; <c>orders</c> is stamped by the broker, so that two producers' clocks do not decide what is newer.
    /// </summary>
    /// <returns>The topics that were created.</returns>
    public static async Task<IReadOnlyList<string>> EnsureAsync(string bootstrapServers)
    {
        using var admin = Admin(bootstrapServers);
        HashSet<string> there;
        try
        {
            there = [.. admin.GetMetadata(Patience).Topics.Select(topic => topic.Topic)];
        }
        catch (KafkaException silent)
        {
            throw BusException.Unreachable(
                $"Kafka at {bootstrapServers} does not answer within {Patience.TotalSeconds:0} s: {silent.Error.Reason}");
        }

        List<TopicSpecification> missing =
        [
            .. new[]
            {
                new TopicSpecification
                {
                    Name = Topics.Orders,
                    NumPartitions = Partitions,
                    Configs = new() { ["message.timestamp.type"] = "LogAppendTime" },
                },
                new TopicSpecification { Name = Topics.OrderEvents, NumPartitions = Partitions },
            }.Where(topic => !there.Contains(topic.Name)),
        ];
        if (missing.Count == 0)
        {
            return [];
        }

        try
        {
            await admin.CreateTopicsAsync(missing, new CreateTopicsOptions { OperationTimeout = Patience, RequestTimeout = Patience });
        }
        catch (CreateTopicsException partly)
        {
            var refused = partly.Results
                .Where(result => result.Error.IsError && result.Error.Code != ErrorCode.TopicAlreadyExists)
                .ToList();
            if (refused.Count > 0)
            {
                throw BusException.Unreachable(
                    $"Kafka at {bootstrapServers} refused to create topic {refused[0].Topic}: {refused[0].Error.Reason} "
                    + $"Create it with {Partitions} partitions.");
            }
        }

        return [.. missing.Select(topic => topic.Name)];
    }

    private static IAdminClient Admin(string bootstrapServers) =>
        new AdminClientBuilder(KafkaClients.Configure(new AdminClientConfig(), bootstrapServers))
            .SetLogHandler(KafkaClients.Silent)
            .Build();
}
