namespace Bus.Kafka.Records;

/// <summary>One record as Kafka holds it: bytes, undecoded. A null value is told from an empty one.</summary>
public sealed class Record
{
    /// <summary>The offset in its partition.</summary>
    public required long Offset { get; init; }

    /// <summary>Milliseconds since 1970, as the record carries it; -1 where it carries none.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The key's bytes; null where the record has none.</summary>
    public byte[]? Key { get; init; }

    /// <summary>The value's bytes; null for a tombstone.</summary>
    public byte[]? Value { get; init; }

    /// <summary>The headers in their order, duplicates included.</summary>
    public IReadOnlyList<RecordHeader> Headers { get; init; } = [];

    /// <summary>How many bytes the record counts for in a batch: key, value and headers.</summary>
    public int Size { get; init; }
}

/// <summary>One header of a record: the name as the client gives it (text), the value as bytes, null where it has none.</summary>
public readonly record struct RecordHeader(string Name, byte[]? Value);
