using System.Collections.Concurrent;
using Bus.Kafka.Clients;
using Bus.Kafka.Records;
using Bus.Kafka.Rider;
using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orders.Contracts;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Ingest;

/// <summary>The rider is a MassTransit rider: its endpoints work under the test harness, filters and retries included.</summary>
[Trait("Category", "system")]
public sealed class TestHarnessTests
{
    private static readonly string[] Uids = [.. Enumerable.Range(0, 50).Select(i => $"h-{i}")];

    [Fact]
    public async Task Batches_are_seen_by_the_harness_and_hold_every_record_once_in_offset_order()
    {
        using var kafka = new EmbeddedKafkaServer();
        await kafka.PublishAsync(Uids.Select(uid => (uid, SampleOrders.Of(uid))));
        await using var provider = Build<BatchCollector, RecordBatch<OrderReceived>>(kafka, endpoint => { });
        var harness = provider.GetRequiredService<ITestHarness>();
        await harness.Start();

        var received = provider.GetRequiredService<Received>();
        await Eventually.SeeAsync(() => Task.FromResult(received.Keys.Count), count => count >= Uids.Length);
        Assert.True(await harness.Consumed.Any<RecordBatch<OrderReceived>>(TestContext.Current.CancellationToken));
        await harness.Stop(TestContext.Current.CancellationToken);

        Assert.Equal(Uids.Order(StringComparer.Ordinal), received.Keys.Order(StringComparer.Ordinal));
        Assert.All(received.Ranges, range => Assert.Equal(range.Next - range.First, range.Count));
    }

    [Fact]
    public async Task A_plain_consumer_gets_its_records_one_by_one_and_typed()
    {
        using var kafka = new EmbeddedKafkaServer();
        await kafka.PublishAsync(Uids.Select(uid => (uid, SampleOrders.Of(uid))));
        await using var provider = Build<OrderCollector, OrderReceived>(kafka, endpoint => { });
        var harness = provider.GetRequiredService<ITestHarness>();
        await harness.Start();

        var received = provider.GetRequiredService<Received>();
        await Eventually.SeeAsync(() => Task.FromResult(received.Keys.Count), count => count >= Uids.Length);
        await harness.Stop(TestContext.Current.CancellationToken);

        Assert.Equal(Uids.Order(StringComparer.Ordinal), received.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_fault_the_pipeline_lets_out_brings_the_same_batch_again_and_the_retry_filter_is_asked_first()
    {
        using var kafka = new EmbeddedKafkaServer();
        await using var provider = Build<FailingCollector, RecordBatch<OrderReceived>>(
            kafka, endpoint => endpoint.UseMessageRetry(retry => retry.Immediate(2)));
        var harness = provider.GetRequiredService<ITestHarness>();
        await harness.Start();
        await kafka.PublishAsync([("f-1", SampleOrders.Of("f-1"))]);

        var received = provider.GetRequiredService<Received>();
        await Eventually.SeeAsync(() => Task.FromResult(received.Keys.Count), count => count == 1);
        await harness.Stop(TestContext.Current.CancellationToken);

        // Three tries within the pipeline, then the rider holds the batch and sends it again.
        Assert.Equal(FailingCollector.Failures + 1, received.Calls);
        Assert.Equal(["f-1"], received.Keys);
    }

    private static ServiceProvider Build<TConsumer, TMessage>(EmbeddedKafkaServer kafka, Action<IKafkaTopicEndpointConfigurator> configure)
        where TConsumer : class, IConsumer
        where TMessage : class
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<Received>();
        services.AddOptions<KafkaOptions>().Configure(options => options.BootstrapServers = kafka.Servers);
        services.AddMassTransitTestHarness(bus =>
        {
            // The harness waits for what a consumer has just done only until it was idle this long, by default 1.2 s: joining a group can take longer.
            bus.SetTestTimeouts(testInactivityTimeout: TimeSpan.FromSeconds(30));
            bus.AddRider(rider =>
            {
                rider.AddConsumer<TConsumer>();
                rider.UsingKafka((context, k) => k.TopicEndpoint<TMessage>(Topics.Orders, "harness", endpoint =>
                {
                    configure(endpoint);
                    endpoint.ConfigureConsumer<TConsumer>(context);
                }));
            });
        });
        return services.BuildServiceProvider(validateScopes: true);
    }

    private sealed class Received
    {
        private int _calls;

        public ConcurrentQueue<string> Keys { get; } = new();

        public ConcurrentQueue<(long First, long Next, int Count)> Ranges { get; } = new();

        public int Calls => _calls;

        public int Call() => Interlocked.Increment(ref _calls);
    }

    private class BatchCollector(Received received) : IConsumer<RecordBatch<OrderReceived>>
    {
        public virtual Task Consume(ConsumeContext<RecordBatch<OrderReceived>> context)
        {
            var batch = context.Message;
            received.Ranges.Enqueue((batch.First, batch.Next, batch.Records.Count));
            foreach (var record in batch.Records)
            {
                received.Keys.Enqueue(System.Text.Encoding.UTF8.GetString(record.Key!));
            }

            return Task.CompletedTask;
        }
    }

    private sealed class FailingCollector(Received received) : BatchCollector(received)
    {
        public const int Failures = 5;
        private readonly Received _received = received;

        public override Task Consume(ConsumeContext<RecordBatch<OrderReceived>> context) => _received.Call() <= Failures
            ? throw new InvalidOperationException("the world is broken")
            : base.Consume(context);
    }

    private sealed class OrderCollector(Received received) : IConsumer<OrderReceived>
    {
        public Task Consume(ConsumeContext<OrderReceived> context)
        {
            received.Keys.Enqueue(context.Message.OrderUid);
            return Task.CompletedTask;
        }
    }
}
