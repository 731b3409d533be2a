using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Librdkafka;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>What an operator, or another producer, does to the topic of orders on a real Kafka.</summary>
internal sealed class OrdersTopic : IDisposable
{
    public const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _servers;
    private readonly IAdminClient _admin;
    private IProducer<byte[]?, byte[]?> _producer;

    public OrdersTopic(BusSystem system)
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        _servers = system.KafkaServers;
        _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _servers }).Build();
        _producer = Producer();
    }

    /// <summary>Deletes the topic and creates it again as soon as the broker lets it.</summary>
    public async Task RecreateAsync()
    {
        await _admin.DeleteTopicsAsync([Topics.Orders]);
        await Eventually.SeeAsync(
            async () =>
            {
                try
                {
                    await _admin.CreateTopicsAsync([Specification()]);
                    return "created";
                }
                catch (CreateTopicsException refused)
                {
                    return refused.Results[0].Error.Reason;
                }
            },
            answer => answer == "created");
        StartProducer();
    }

    public async Task GrowAsync(int partitions)
    {
        await _admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = Topics.Orders, IncreaseTo = partitions }]);
        await Eventually.SeeAsync(
            () => Task.FromResult(_admin.GetMetadata(Topics.Orders, Patience).Topics[0].Partitions.Count), count => count == partitions);
        StartProducer();
    }

    /// <summary>Whether the producers' clocks stamp the records from now on, or the broker's again.</summary>
    public Task TrustProducersClocksAsync(bool isTrusted) => _admin.AlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
    {
        [new ConfigResource { Type = ResourceType.Topic, Name = Topics.Orders }] =
            [new ConfigEntry { Name = "message.timestamp.type", Value = isTrusted ? "CreateTime" : "LogAppendTime" }],
    });

    /// <summary>Forgets how far a group without members has read, and lets it seem to have read nothing.</summary>
    public async Task ResetGroupAsync(string group)
    {
        await Eventually.SeeAsync(
            async () =>
            {
                try
                {
                    await _admin.DeleteGroupsAsync([group]);
                    return "deleted";
                }
                catch (DeleteGroupsException refused)
                {
                    return refused.Results[0].Error.Reason;
                }
            },
            answer => answer == "deleted");
        using var consumer = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = _servers, GroupId = group, EnableAutoCommit = false }).Build();
        consumer.Commit(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(Topics.Orders, partition, 0)));
    }

    /// <summary>Puts a record into one partition; without a time the producer's clock gives it.</summary>
    public Task PutAsync(int partition, string uid, byte[]? value, DateTimeOffset? time = null) => _producer.ProduceAsync(
        new TopicPartition(Topics.Orders, partition), MessageOf(uid, value, time), TestContext.Current.CancellationToken);

    /// <summary>Puts orders <c>prefix-0</c> … in turn into the partitions.</summary>
    public Task PutManyAsync(string prefix, int count) => Task.WhenAll(
        Enumerable.Range(0, count).Select(i => PutAsync(i % Partitions, $"{prefix}-{i}", SampleOrders.Of($"{prefix}-{i}"))));

    /// <summary>Puts orders into partition 0 within transactions, every second one of which is aborted.</summary>
    public void PutInTransactions(string prefix, int transactions, int recordsEach)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(
            new ProducerConfig { BootstrapServers = _servers, TransactionalId = $"orders-{prefix}" }).Build();
        producer.InitTransactions(Patience);
        for (var transaction = 0; transaction < transactions; transaction++)
        {
            producer.BeginTransaction();
            for (var i = 0; i < recordsEach; i++)
            {
                var uid = $"{prefix}-{transaction}-{i}";
                producer.Produce(new TopicPartition(Topics.Orders, 0), MessageOf(uid, SampleOrders.Of(uid), time: null));
            }

            producer.Flush(Patience);
            if (transaction % 2 == 0)
            {
                producer.CommitTransaction(Patience);
            }
            else
            {
                producer.AbortTransaction(Patience);
            }
        }
    }

    public void Dispose()
    {
        _admin.Dispose();
        _producer.Dispose();
    }

    /// <summary>One that knows the topic as it is now; another learns of that only after minutes.</summary>
    private void StartProducer()
    {
        _producer.Dispose();
        _producer = Producer();
    }

    private IProducer<byte[]?, byte[]?> Producer() =>
        new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = _servers, LingerMs = 0 }).Build();

    private static Message<byte[]?, byte[]?> MessageOf(string uid, byte[]? value, DateTimeOffset? time) => new()
    {
        Key = Encoding.UTF8.GetBytes(uid),
        Value = value,
        Timestamp = time is { } given ? new Timestamp(given) : Timestamp.Default,
    };

    private static TopicSpecification Specification() => new()
    {
        Name = Topics.Orders,
        NumPartitions = Partitions,
        Configs = new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" },
    };
}
