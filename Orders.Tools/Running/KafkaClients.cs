using Confluent.Kafka;
using Librdkafka;

namespace Orders.Tools.Running;

/// <summary>Lays the settings that all Kafka clients of a system share over a client's own.</summary>
internal static class KafkaClients
{
    private const string Prefix = "Kafka__Client__";

    /// <summary>Sets the brokers and, as the hosts do, every <c>Kafka__Client__NAME</c> of the environment.</summary>
    public static TConfig Configure<TConfig>(TConfig config, string bootstrapServers)
        where TConfig : ClientConfig
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        config.BootstrapServers = bootstrapServers;
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is { Key: string name, Value: string value } && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                config.Set(name[Prefix.Length..], value);
            }
        }

        return config;
    }

    /// <summary>A log handler for clients whose failures come back as exceptions.</summary>
    public static void Silent(IClient client, LogMessage message)
    {
    }
}
