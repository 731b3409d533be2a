using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;
using Librdkafka;

namespace Bus.Kafka.Clients;

/// <summary>How every Kafka client of a host reaches the brokers. Section <c>Kafka</c>.</summary>
public sealed class KafkaOptions : IValidatableObject
{
    private static readonly HashSet<string> Ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "acks", "request.required.acks", "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence",
        "enable.partition.eof", "group.id", "isolation.level", "partition.assignment.strategy", "partitioner", "transactional.id",
    };

    /// <summary>The configuration section.</summary>
    public const string Section = "Kafka";

    /// <summary>
    /// Where the brokers are, <c>host:port</c> with commas between. No default: <c>Kafka:BootstrapServers</c> must be set.
    /// </summary>
    [Required(ErrorMessage = "Kafka:BootstrapServers is not set; give it as host:port[,host:port].")]
    public string BootstrapServers { get; set; } = "";

    /// <summary>
    /// Any librdkafka setting by its own name, given to every client as it is (<c>Kafka:Client:security.protocol=SASL_SSL</c>).
    /// </summary>
    public IDictionary<string, string> Client { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Refuses the settings that the guarantees rest on: with another value records could be skipped or lost in silence.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Client.Keys
        .Where(name => Ours.Contains(name))
        .Select(name => new ValidationResult($"Kafka:Client:{name} cannot be set: the application's guarantees rest on its own value. Remove it."));

    /// <summary>Lays these settings over <paramref name="config"/> and makes sure the native library is found.</summary>
    public TConfig ApplyTo<TConfig>(TConfig config)
        where TConfig : ClientConfig
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        config.BootstrapServers = BootstrapServers;
        foreach (var (name, value) in Client)
        {
            config.Set(name, value);
        }

        return config;
    }
}
