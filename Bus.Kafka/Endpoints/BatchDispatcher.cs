using System.Text.Json;
using Bus.Kafka.Polling;
using Bus.Kafka.Records;
using MassTransit.Transports;

namespace Bus.Kafka.Endpoints;

/// <summary>Sends a run through the endpoint's pipeline: as one batch, or record by record where the endpoint's message is not a batch.</summary>
internal sealed class BatchDispatcher<TMessage>(ReceiveEndpointContext context, string topic, string group)
    where TMessage : class
{
    private static readonly IBatchFactory? Batches = CreateBatchFactory();
    private readonly IReceivePipeDispatcher _dispatcher = context.CreateReceivePipeDispatcher();

    /// <summary>Returns when every offset of the run is accounted for; a run of single records that fails in the middle starts over.</summary>
    public async Task DispatchAsync(int partition, int epoch, long first, Run run, CancellationToken cancellationToken)
    {
        if (Batches is not null)
        {
            var batch = Batches.Create(group, topic, partition, epoch, first, run);
            await SendAsync(batch, [], RecordId.Of(topic, epoch, partition, first), body: null, cancellationToken).ConfigureAwait(false);
            return;
        }

        // A tombstone holds no message; who wants to see it consumes batches.
        foreach (var record in run.Records.Where(record => record.Value is not null))
        {
            var message = JsonSerializer.Deserialize<TMessage>(record.Value)
                ?? throw new JsonException($"The value at offset {record.Offset} of partition {partition} of topic '{topic}' is the document null.");
            await SendAsync(message, record.Headers, RecordId.Of(topic, epoch, partition, record.Offset), record.Value, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task SendAsync(
        object message, IReadOnlyList<RecordHeader> headers, Guid id, byte[]? body, CancellationToken cancellationToken)
    {
        using var receive = new RecordReceiveContext<TMessage>(context, (TMessage)message, headers, id, body);
        await using var registration = cancellationToken.Register(receive.Cancel).ConfigureAwait(false);
        await _dispatcher.Dispatch(receive, NoLock.Instance).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static IBatchFactory? CreateBatchFactory() =>
        typeof(TMessage).IsGenericType && typeof(TMessage).GetGenericTypeDefinition() == typeof(RecordBatch<>)
            ? (IBatchFactory)Activator.CreateInstance(typeof(BatchFactory<>).MakeGenericType(typeof(TMessage).GetGenericArguments()))!
            : null;

    /// <summary>The offset is held by the worker, not by a lock.</summary>
    private sealed class NoLock : ReceiveLockContext
    {
        public static readonly NoLock Instance = new();

        public Task Complete() => Task.CompletedTask;

        public Task Faulted(Exception exception) => Task.CompletedTask;

        public Task ValidateLockStatus() => Task.CompletedTask;
    }
}

internal interface IBatchFactory
{
    object Create(string group, string topic, int partition, int epoch, long first, Run run);
}

internal sealed class BatchFactory<T> : IBatchFactory
    where T : class
{
    public object Create(string group, string topic, int partition, int epoch, long first, Run run) => new RecordBatch<T>
    {
        Group = group,
        Topic = topic,
        Partition = partition,
        Epoch = epoch,
        First = first,
        Next = run.Next,
        Records = run.Records,
        Lost = run.Lost,
    };
}
