using Confluent.Kafka;
using Librdkafka;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// librdkafka's in-process broker, inside the supervisor: everything in memory, a new address and an empty log at every start. It
/// drops the oldest records of a partition beyond 5 MB without a word.
/// </summary>
internal sealed class EmbeddedKafka : IDisposable
{
    /// <summary>How many orders of usual size it keeps: measured.</summary>
    public const string Note = "lives in memory, starts empty and silently keeps only about 22,000 orders; for a first look";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly IProducer<Null, Null> _holder;

    private EmbeddedKafka(IProducer<Null, Null> holder, string bootstrapServers)
    {
        _holder = holder;
        BootstrapServers = bootstrapServers;
    }

    public string BootstrapServers { get; }

    public static EmbeddedKafka Start()
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        var settings = new ProducerConfig();
        settings.Set("test.mock.num.brokers", "1");
        var holder = new ProducerBuilder<Null, Null>(settings).SetLogHandler(KafkaClients.Silent).Build();
        try
        {
            using var admin = new DependentAdminClientBuilder(holder.Handle).Build();
            var broker = admin.GetMetadata(Patience).Brokers[0];

            // The broker makes a topic when it is asked about it.
            admin.GetMetadata(Topics.Orders, Patience);
            admin.GetMetadata(Topics.OrderEvents, Patience);
            return new(holder, $"{broker.Host}:{broker.Port}");
        }
        catch (KafkaException failure)
        {
            holder.Dispose();
            throw BusException.Unreachable($"The embedded Kafka did not start: {failure.Error.Reason}");
        }
    }

    public void Dispose() => _holder.Dispose();
}
