using System.Text;
using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tools.Up;

namespace Orders.Tests.Servers;

/// <summary>librdkafka's in-process broker: topics of four partitions, in memory, gone with this object.</summary>
internal sealed class EmbeddedKafkaServer : IDisposable
{
    private readonly EmbeddedKafka _broker = EmbeddedKafka.Start();
    private readonly IProducer<byte[], byte[]> _producer;

    public EmbeddedKafkaServer() => _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
    {
        BootstrapServers = Servers,
        Partitioner = Partitioner.Murmur2Random,
        LingerMs = 1,
    }).Build();

    /// <summary>Where the broker listens.</summary>
    public string Servers => _broker.BootstrapServers;

    /// <summary>Puts orders on their topic; returns when the broker has them all.</summary>
    public Task PublishAsync(IEnumerable<(string Key, byte[] Value)> orders) => Task.WhenAll(orders.Select(order => _producer.ProduceAsync(
        Topics.Orders, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(order.Key), Value = order.Value }, TestContext.Current.CancellationToken)));

    /// <summary>Puts one record on the topic of orders; returns the partition it is in.</summary>
    public async Task<int> PublishAsync(string key, byte[] value, long timestamp)
    {
        var message = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(key), Value = value, Timestamp = new(timestamp, TimestampType.CreateTime) };
        return (await _producer.ProduceAsync(Topics.Orders, message, TestContext.Current.CancellationToken)).Partition.Value;
    }

    public void Dispose()
    {
        _producer.Dispose();
        _broker.Dispose();
    }
}
