using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Librdkafka;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Faults;

/// <summary>The consumer group of the service, as the broker sees it.</summary>
internal sealed class ServiceGroup : IDisposable
{
    private const string Name = "orders-service";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly IAdminClient _admin;
    private readonly string _servers;

    public ServiceGroup(string servers)
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        _servers = servers;
        _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
    }

    /// <summary>Waits until the group has that many members, settled, and all partitions are theirs; returns how many each has.</summary>
    public Task<string> SharedByAsync(int members, int partitions) => Eventually.SeeAsync(
        () => Task.Run(() => string.Join(' ', Shares())),
        shares => shares.Split(' ') is var each && each.Length == members && each.Sum(one => int.TryParse(one, out var count) ? count : 0) == partitions);

    /// <summary>How far the group says it has read.</summary>
    public IReadOnlyDictionary<int, long> Committed(int partitions)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = _servers, GroupId = Name }).Build();
        return consumer.Committed(Enumerable.Range(0, partitions).Select(partition => new TopicPartition(Topics.Orders, partition)), Patience)
            .ToDictionary(committed => committed.Partition.Value, committed => committed.Offset.Value);
    }

    /// <summary>Where each partition of the topic ends now.</summary>
    public IReadOnlyDictionary<int, long> Ends()
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = _servers, GroupId = Name }).Build();
        return _admin.GetMetadata(Topics.Orders, Patience).Topics[0].Partitions.ToDictionary(
            partition => partition.PartitionId,
            partition => consumer.QueryWatermarkOffsets(new TopicPartition(Topics.Orders, partition.PartitionId), Patience).High.Value);
    }

    public void Dispose() => _admin.Dispose();

    private string[] Shares()
    {
        var group = _admin.ListGroup(Name, Patience);
        return group is { State: "Stable" }
            ? [.. group.Members.Select(member => PartitionsOf(member.MemberAssignment).ToString(CultureInfo.InvariantCulture)).Order()]
            : ["rebalancing"];
    }

    /// <summary>From the consumer protocol's assignment: a version, then topics, each with its partitions; big-endian.</summary>
    private static int PartitionsOf(byte[] assignment)
    {
        if (assignment.Length == 0)
        {
            return 0;
        }

        var rest = assignment.AsSpan(sizeof(short));
        var topics = Int(ref rest);
        var count = 0;
        for (var topic = 0; topic < topics; topic++)
        {
            var length = BinaryPrimitives.ReadInt16BigEndian(rest);
            var name = Encoding.UTF8.GetString(rest.Slice(sizeof(short), length));
            rest = rest[(sizeof(short) + length)..];
            var partitions = Int(ref rest);
            count += name == Topics.Orders ? partitions : 0;
            rest = rest[(partitions * sizeof(int))..];
        }

        return count;
    }

    private static int Int(ref Span<byte> rest)
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[sizeof(int)..];
        return value;
    }
}
