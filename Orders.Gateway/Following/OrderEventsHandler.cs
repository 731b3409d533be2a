using System.Buffers.Text;
using System.Text;
using Bus.Caching;
using Bus.Kafka.Tailing;
using Confluent.Kafka;
using Orders.Contracts;

namespace Orders.Gateway.Following;

/// <summary>Puts what happens to orders into the cache, and empties it when something may have been missed.</summary>
internal sealed class OrderEventsHandler(TieredCache cache, ILogger<OrderEventsHandler> logger) : ITailHandler
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the ends of the topic are noted: what changes from then on arrives as an event.</summary>
    public Task Begun => _begun.Task;

    public void OnRecord(in TailRecord record)
    {
        if (record.Key is not { } key || !OrderUid.IsValid(key))
        {
            Log.NotAnEvent(logger, Topics.OrderEvents, record.Partition, record.Offset, "its key is not an order uid");
            return;
        }

        if (!TryGetSequence(record.Headers, out var version))
        {
            Log.NotAnEvent(logger, Topics.OrderEvents, record.Partition, record.Offset,
                $"its header {CloudEventHeaders.Sequence} is not a number from 1");
            return;
        }

        cache.Apply(Encoding.ASCII.GetString(key), new CachedValue(version, record.Value));
    }

    public void OnGap(string reason)
    {
        cache.Drop(reason);
        _begun.TrySetResult();
    }

    private static bool TryGetSequence(Headers headers, out long version)
    {
        version = 0;
        return headers.TryGetLastBytes(CloudEventHeaders.Sequence, out var text)
            && text is not null
            && Utf8Parser.TryParse(text, out version, out var read)
            && read == text.Length
            && version >= 1;
    }
}
