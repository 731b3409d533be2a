using Orders.Service.Storage;

namespace Orders.Service.Ingest.Folding;

/// <summary>What one valid record asks for: to have this content, or (null) to be removed.</summary>
/// <param name="Uid">Whose order.</param>
/// <param name="Content">As received; null for a tombstone.</param>
/// <param name="ContentHash">SHA-256 of the content; null for a tombstone.</param>
/// <param name="Position">Where the record stood.</param>
/// <param name="Time">min(record timestamp, now), in milliseconds since 1970.</param>
/// <param name="TraceParent">The record's W3C trace context, if it came with a valid one.</param>
internal readonly record struct OrderChange(
    string Uid, byte[]? Content, byte[]? ContentHash, RecordPosition Position, long Time, string? TraceParent);

/// <summary>The one word a record is accounted for with.</summary>
internal enum Outcome
{
    Stored,
    Duplicate,
    Superseded,
    Removed,
    Ignored,
    Dead,
    Parked,
    Redelivering,
}
