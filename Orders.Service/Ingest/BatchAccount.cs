using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Orders.Contracts;
using Orders.Service.Ingest.Folding;

namespace Orders.Service.Ingest;

/// <summary>What the records of a batch are accounted for as.</summary>
internal static class BatchAccount
{
    /// <summary>The inbox range of the batch.</summary>
    internal static InboxRange RangeOf(RecordBatch<OrderReceived> batch, OutcomeCounts counts) => new(
        batch.Partition,
        batch.Epoch,
        batch.First,
        batch.Next,
        counts,
        batch.Records.Count == 0 ? null : new InboxRecord(batch.Records[^1].Offset, batch.Records[^1].Timestamp, LastRecord.HashOf(batch.Records[^1].Value)));

    /// <summary>The record byte for byte, with why it is kept.</summary>
    internal static NewDeadLetter ToDeadLetter(RecordBatch<OrderReceived> batch, Record record, string reason, string sentence) => new(
        batch.Group,
        batch.Topic,
        batch.Epoch,
        batch.Partition,
        record.Offset,
        record.Timestamp,
        record.Key,
        record.Value,
        [.. record.Headers.Select(header => header.Name)],
        [.. record.Headers.Select(header => header.Value)],
        reason,
        sentence,
        JsonPath: null,
        BytePosition: null);

    /// <summary>Counts one record.</summary>
    internal static void Count(ref OutcomeCounts counts, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Stored: counts.Stored++; break;
            case Outcome.Duplicate: counts.Duplicate++; break;
            case Outcome.Superseded: counts.Superseded++; break;
            case Outcome.Removed: counts.Removed++; break;
            case Outcome.Ignored: counts.Ignored++; break;
            case Outcome.Dead: counts.Dead++; break;
            case Outcome.Parked: counts.Parked++; break;
            case Outcome.Redelivering: counts.Redelivering++; break;
            default: throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null);
        }
    }
}
