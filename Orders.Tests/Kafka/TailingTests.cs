using System.Text;
using System.Threading.Channels;
using Bus.Kafka.Clients;
using Bus.Kafka.Tailing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

[Trait("Category", "system")]
public sealed class TailingTests : IDisposable
{
    private readonly IProducer<string, string?> _producer;
    private readonly KafkaOptions _kafka = new();

    public TailingTests()
    {
        // The producer carries a broker of its own in its process.
        var config = new KafkaOptions { BootstrapServers = "unused:1" }.ApplyTo(new ProducerConfig());
        config.Set("test.mock.num.brokers", "1");
        _producer = new ProducerBuilder<string, string?>(config).SetLogHandler((_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        var broker = admin.GetMetadata(TimeSpan.FromSeconds(20)).Brokers.Single();
        _kafka.BootstrapServers = $"{broker.Host}:{broker.Port}";
    }

    public void Dispose() => _producer.Dispose();

    [Fact]
    public async Task A_tail_hands_over_what_comes_after_it_began_and_nothing_from_before()
    {
        await ProduceAsync("before", "1");
        var handler = new Recorder();
        using var tail = Tail(handler);
        await tail.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("following begins", await handler.Gaps.Reader.ReadAsync(TestContext.Current.CancellationToken));

        await ProduceAsync("after", "2");
        await ProduceAsync("after", null);
        await ProduceAsync("after", "");

        Assert.Equal("after=2", await handler.NextAsync());
        Assert.Equal("after is null", await handler.NextAsync());
        Assert.Equal("after=", await handler.NextAsync());
        Assert.True(SpinWait.SpinUntil(() => tail.IsKeepingUp, TimeSpan.FromSeconds(20)), tail.State);
        await tail.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_tail_without_brokers_says_so_and_keeps_trying()
    {
        var handler = new Recorder();
        _kafka.BootstrapServers = "127.0.0.1:1";
        using var tail = Tail(handler);
        await tail.StartAsync(TestContext.Current.CancellationToken);

        Assert.True(SpinWait.SpinUntil(
            () => tail.State.StartsWith("cannot reach Kafka at 127.0.0.1:1", StringComparison.Ordinal), TimeSpan.FromSeconds(20)), tail.State);
        Assert.False(handler.Gaps.Reader.TryRead(out _));
        await tail.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Records_are_handed_over_while_a_broker_does_not_answer_a_look()
    {
        await ProduceAsync("before", "1");
        await using var proxy = new LookProxy(_kafka.BootstrapServers);
        _kafka.BootstrapServers = proxy.Servers;
        var handler = new Recorder();

        // A look is waited for longer than the record is.
        using var tail = Tail(handler, brokerTimeout: TimeSpan.FromMinutes(1));
        await tail.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("following begins", await handler.Gaps.Reader.ReadAsync(TestContext.Current.CancellationToken));

        await proxy.HoldAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await ProduceAsync("after", "2");
        Assert.Equal("after=2", await handler.NextAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        // The look is over when the next one begins; it showed an end that lies before the record.
        await proxy.ReleaseAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(handler.Gaps.Reader.TryRead(out var gap), gap);
        Assert.True(tail.IsKeepingUp, tail.State);
        await tail.StopAsync(TestContext.Current.CancellationToken);
    }

    private TopicTail Tail(ITailHandler handler, TimeSpan? brokerTimeout = null) => new(
        handler,
        Options.Create(_kafka),
        Options.Create(new TailOptions
        {
            Topic = "events", CheckInterval = TimeSpan.FromMilliseconds(100), BrokerTimeout = brokerTimeout ?? TimeSpan.FromSeconds(1),
        }),
        TimeProvider.System,
        NullLogger<TopicTail>.Instance);

    private Task<DeliveryResult<string, string?>> ProduceAsync(string key, string? value) => _producer.ProduceAsync(
        "events", new Message<string, string?> { Key = key, Value = value }, TestContext.Current.CancellationToken);

    private sealed class Recorder : ITailHandler
    {
        private readonly Channel<string> _records =
            Channel.CreateUnbounded<string>();

        public Channel<string> Gaps { get; } = Channel.CreateUnbounded<string>();

        public Task<string> NextAsync() => _records.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();

        public void OnRecord(in TailRecord record)
        {
            var key = Encoding.UTF8.GetString(record.Key!);
            _records.Writer.TryWrite(record.Value is null ? $"{key} is null" : $"{key}={Encoding.UTF8.GetString(record.Value)}");
        }

        public void OnGap(string reason) => Gaps.Writer.TryWrite(reason);
    }
}
