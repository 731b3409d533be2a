using Bus.Kafka.Clients;
using Bus.Storage.Relay;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orders.Contracts;
using Orders.Service.Relay;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>A stop does not wait for brokers that are gone for as long as a send would.</summary>
[Trait("Category", "system")]
public sealed class SilentBrokerTests : IDisposable
{
    private readonly EmbeddedKafkaServer _kafka = new();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task A_stopped_send_gives_up_what_nobody_confirms_and_confirms_what_somebody_did()
    {
        using var target = new OrderEventsTarget(
            Options.Create(new KafkaOptions { BootstrapServers = _kafka.Servers }), NullLogger<OrderEventsTarget>.Instance);
        var sent = await target.SendAsync([Event(1)], CancellationToken.None);
        Assert.Equal([1L], sent.Select(e => e.Id));

        _kafka.Dispose();
        var given = target.SendAsync([Event(2)], new CancellationToken(canceled: true));

        // The client itself would give up after 20 s.
        Assert.Empty(await given.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken));
    }

    private static OutboxEvent Event(long id) => new(id, "k", id, OrderEventTypes.Created, [1], DateTime.UnixEpoch, TraceParent: null);
}
