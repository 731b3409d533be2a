using Bus.Kafka.Clients;
using Confluent.Kafka;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

/// <summary>The question where logs begin and end: its answer, and that it ends where nobody answers.</summary>
[Trait("Category", "system")]
public sealed class LogBoundsTests : IDisposable
{
    private readonly EmbeddedKafkaServer _kafka = new();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task Bounds_of_several_partitions_come_together_and_those_of_an_empty_log_are_equal()
    {
        var filled = await PublishAsync();
        using var client = Client();

        var bounds = LogBounds.Of(client, Topics.Orders, [0, 1, 2, 3], TimeSpan.FromSeconds(30));

        Assert.Equal([0, 1, 2, 3], bounds.Keys.Order());
        Assert.Equal((0, 3), (bounds[filled].Low.Value, bounds[filled].High.Value));
        Assert.All(bounds.Where(log => log.Key != filled), log => Assert.Equal((0, 0), (log.Value.Low.Value, log.Value.High.Value)));
        Assert.Empty(LogBounds.Of(client, Topics.Orders, [], TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_broker_that_is_gone_is_waited_for_no_longer_than_was_said()
    {
        var partition = await PublishAsync();
        using var client = Client();
        Assert.Equal(3, LogBounds.Of(client, Topics.Orders, [partition], TimeSpan.FromSeconds(30))[partition].High.Value);

        _kafka.Dispose();
        var asked = Task.Run(() => LogBounds.Of(client, Topics.Orders, [partition], TimeSpan.FromSeconds(1)), TestContext.Current.CancellationToken);

        // The client's own question for the bounds would still be waiting.
        await Assert.ThrowsAnyAsync<KafkaException>(() => asked.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    private IConsumer<byte[]?, byte[]?> Client() =>
        AssignedReader.Build(new KafkaOptions { BootstrapServers = _kafka.Servers }, "bounds", _ => { });

    private async Task<int> PublishAsync()
    {
        await _kafka.PublishAsync("key", [1], 0);
        await _kafka.PublishAsync("key", [2], 0);
        return await _kafka.PublishAsync("key", [3], 0);
    }
}
