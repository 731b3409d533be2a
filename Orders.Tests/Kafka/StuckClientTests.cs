using Bus.Kafka.Clients;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Microsoft.Extensions.Logging;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

/// <summary>A client that waits for an answer that does not come keeps the topic from being read no longer than it has to.</summary>
[Trait("Category", "system")]
public sealed class StuckClientTests : IAsyncLifetime
{
    private const int ClientStuck = 4016;
    private const int ClientDoesNotEnd = 4017;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly EmbeddedKafkaServer _kafka = new();
    private readonly DeafProxy _proxy;
    private readonly Warnings _warnings = new();
    private TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StuckClientTests() => _proxy = new DeafProxy(_kafka.Servers);

    public async ValueTask InitializeAsync() => await PublishAsync();

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _kafka.Dispose();
    }

    // The client itself would wait for an answer for more than the 30 s it may take to begin.
    [Fact]
    public async Task One_that_does_not_get_back_into_its_group_while_a_broker_answers_is_replaced()
    {
        await using var consumer = Consumer();
        await ReadAsync();
        _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Said before there is a new client: its connections are heard.
        _warnings.OnWarning = id =>
        {
            if (id == ClientStuck)
            {
                _proxy.HearOthers();
            }
        };
        _ = _proxy.SwallowAsync(DeafProxy.Request.JoinGroup, DeafProxy.Request.Heartbeat);
        await Eventually.SeeAsync(() => Task.FromResult(_warnings.Seen), seen => seen.Contains(ClientStuck));
        await PublishAsync();

        await ReadAsync();

        await Eventually.SeeAsync(() => Task.FromResult(consumer.State.Problem), problem => problem is null);
    }

    // It would wait for an answer to its last commit for a minute.
    [Fact]
    public async Task One_that_does_not_leave_its_group_is_left_to_itself()
    {
        var swallowed = _proxy.SwallowAsync(DeafProxy.Request.OffsetCommit);
        await using (Consumer())
        {
            await ReadAsync();
            await swallowed.WaitAsync(Soon, TestContext.Current.CancellationToken);
        }

        Assert.Contains(ClientDoesNotEnd, _warnings.Seen);
    }

    // To free it ends the process.
    [Fact]
    public async Task One_that_is_let_into_its_group_and_not_told_its_partitions_is_not_freed()
    {
        var swallowed = _proxy.SwallowAsync(DeafProxy.Request.SyncGroup);
        await using (Consumer())
        {
            await swallowed.WaitAsync(Soon, TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain(ClientDoesNotEnd, _warnings.Seen);
    }

    private Task PublishAsync() => _kafka.PublishAsync([("key", [1])]);

    private Task ReadAsync() => _read.Task.WaitAsync(Soon, TestContext.Current.CancellationToken);

    private TopicConsumer Consumer() => new(
        new TopicSubscription(Topics.Orders, "stuck", (_, _, _, _, _) =>
        {
            _read.TrySetResult();
            return Task.CompletedTask;
        }),
        new TopicEndpointOptions
        {
            RecheckInterval = TimeSpan.FromMilliseconds(100),

            // Longer than it takes the client to give up a connection on which no heartbeat is answered, and to ask on another one.
            StuckPatience = TimeSpan.FromSeconds(3),
            StopPatience = TimeSpan.FromSeconds(1),
        },
        new KafkaOptions { BootstrapServers = _proxy.Servers },
        store: null,
        TimeProvider.System,
        _warnings);

    private sealed class Warnings : ILogger
    {
        private readonly Lock _lock = new();
        private readonly HashSet<int> _seen = [];

        public Action<int>? OnWarning { get; set; }

        public IReadOnlyCollection<int> Seen
        {
            get
            {
                lock (_lock)
                {
                    return [.. _seen];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock)
            {
                _seen.Add(eventId.Id);
            }

            OnWarning?.Invoke(eventId.Id);
        }
    }
}
