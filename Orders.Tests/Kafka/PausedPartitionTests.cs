using System.Collections.Concurrent;
using Bus.Kafka.Clients;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Microsoft.Extensions.Logging.Abstractions;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

/// <summary>A partition whose queue is full is paused in the client, which does not forget it when the partition is taken away.</summary>
[Trait("Category", "system")]
public sealed class PausedPartitionTests : IDisposable
{
    private const int Partitions = 4;
    private const int Records = 400;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly EmbeddedKafkaServer _kafka = new();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task A_partition_that_was_taken_while_it_was_paused_is_read_when_it_comes_back()
    {
        var stop = TestContext.Current.CancellationToken;
        await _kafka.PublishAsync(Enumerable.Range(0, Records).Select(number => ($"key-{number}", new byte[] { 1 })));
        var inFlight = new ConcurrentDictionary<int, bool>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var awaited = -1;
        await using var held = Consumer((partition, token) =>
        {
            if (partition == Volatile.Read(ref awaited))
            {
                back.TrySetResult();
            }

            inFlight[partition] = true;
            if (inFlight.Count == Partitions)
            {
                all.TrySetResult();
            }

            return new TaskCompletionSource().Task.WaitAsync(token);
        });
        await all.Task.WaitAsync(Soon, stop);

        var taken = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (Consumer((partition, token) =>
        {
            taken.TrySetResult(partition);

            // Not accounted for, or it could come back without a record left to read.
            return new TaskCompletionSource().Task.WaitAsync(token);
        }))
        {
            Volatile.Write(ref awaited, await taken.Task.WaitAsync(Soon, stop));
        }

        await back.Task.WaitAsync(Soon, stop);
    }

    private TopicConsumer Consumer(Func<int, CancellationToken, Task> dispatch) => new(
        new TopicSubscription(Topics.Orders, "paused", (partition, _, _, _, token) => dispatch(partition, token)),
        new TopicEndpointOptions
        {
            BatchRecords = 10,
            BatchLinger = TimeSpan.Zero,
            QueuedRecords = 10,
            FullPatience = TimeSpan.FromMilliseconds(1),
            StopPatience = TimeSpan.FromMilliseconds(100),
        },
        new KafkaOptions { BootstrapServers = _kafka.Servers },
        store: null,
        TimeProvider.System,
        NullLogger.Instance);
}
