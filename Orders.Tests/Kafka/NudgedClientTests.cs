using Bus.Kafka.Clients;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Microsoft.Extensions.Logging;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

/// <summary>What keeps the client fetching reaches the brokers.</summary>
[Trait("Category", "system")]
public sealed class NudgedClientTests : IDisposable
{
    private const int QueueKilobytes = 64;
    private const int RecordBytes = 1 << 10;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly EmbeddedKafkaServer _kafka = new();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task A_client_whose_queue_is_read_asks_the_brokers_something()
    {
        var stop = TestContext.Current.CancellationToken;
        var content = new byte[RecordBytes];
        await _kafka.PublishAsync(Enumerable.Range(0, QueueKilobytes).Select(number => ($"key-{number}", content)));
        var read = 0;
        var questions = new Questions();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (new TopicConsumer(
            new TopicSubscription(Topics.Orders, "nudged", (_, _, _, run, _) =>
            {
                if (Interlocked.Add(ref read, run.Records.Count) >= QueueKilobytes)
                {
                    all.TrySetResult();
                }

                return Task.CompletedTask;
            }),
            new TopicEndpointOptions(),
            new KafkaOptions
            {
                BootstrapServers = _kafka.Servers,
                Client = { ["queued.max.messages.kbytes"] = $"{QueueKilobytes}", ["debug"] = "protocol" },
            },
            store: null,
            TimeProvider.System,
            questions))
        {
            await all.Task.WaitAsync(Soon, stop);
        }

        // Those before the first fetch are of the assignment, which asks where each log begins and ends.
        Assert.True(questions.SinceFirstFetch > 0);
    }

    /// <summary>Counts, in what librdkafka logs of its protocol, the questions for the ends of logs.</summary>
    private sealed class Questions : ILogger
    {
        private int _count;
        private bool _fetched;

        public int SinceFirstFetch => Volatile.Read(ref _count);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = formatter(state, exception);
            if (line.Contains("Sent FetchRequest", StringComparison.Ordinal))
            {
                Volatile.Write(ref _fetched, true);
            }
            else if (Volatile.Read(ref _fetched) && line.Contains("Sent ListOffsetsRequest", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _count);
            }
        }
    }
}
