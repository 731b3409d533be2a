using Confluent.Kafka;

namespace Bus.Kafka.Tailing;

/// <summary>What a <see cref="TopicTail"/> calls, always from its one thread. It must not throw and should not wait.</summary>
public interface ITailHandler
{
    /// <summary>The next record of its partition.</summary>
    void OnRecord(in TailRecord record);

    /// <summary>
    /// Records may have been missed; following has begun anew from a position noted before this call. Also called once when it begins,
    /// as everything before was missed.
    /// </summary>
    void OnGap(string reason);
}

/// <summary>A record as the topic holds it; null is told from empty.</summary>
/// <param name="Key">The key's bytes.</param>
/// <param name="Value">The value's bytes; null for a tombstone.</param>
/// <param name="Headers">The headers, in their order.</param>
/// <param name="Partition">Which partition.</param>
/// <param name="Offset">Where in it.</param>
public readonly record struct TailRecord(byte[]? Key, byte[]? Value, Headers Headers, int Partition, long Offset);
