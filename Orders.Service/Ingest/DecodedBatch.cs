using Bus.Kafka.Records;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest.Folding;

namespace Orders.Service.Ingest;

/// <summary>A batch on its way into a transaction.</summary>
/// <param name="source">What the rider handed out.</param>
/// <param name="records">Its records, decoded, in the same order.</param>
internal sealed class DecodedBatch(RecordBatch<OrderReceived> source, IReadOnlyList<DecodedRecord> records)
{
    private OutcomeCounts _counts;

    public RecordBatch<OrderReceived> Source => source;

    public IReadOnlyList<DecodedRecord> Records => records;

    /// <summary>What its offsets came to when it was folded last.</summary>
    public OutcomeCounts Counts => _counts;

    /// <summary>Folds each record, or parks it where its order is <paramref name="blocked"/>; a transaction that is tried again folds again.</summary>
    public void Fold(OrderFold fold, HashSet<string>? blocked)
    {
        _counts = new OutcomeCounts { Absent = source.Absent, Lost = source.Lost };
        foreach (var record in records)
        {
            BatchAccount.Count(ref _counts, record.Change is not { } change ? record.Outcome : IsParked(record, blocked) ? Outcome.Parked : fold.Apply(change));
        }
    }

    /// <summary>The records that are kept instead of stored.</summary>
    public IEnumerable<NewDeadLetter> ToDeadLetters(HashSet<string>? blocked)
    {
        foreach (var record in records)
        {
            if (record.Refusal is { } refusal)
            {
                yield return BatchAccount.ToDeadLetter(source, record.Record, refusal.Reason, refusal.Sentence) with
                {
                    JsonPath = refusal.JsonPath,
                    BytePosition = refusal.BytePosition,
                };
            }
            else if (IsParked(record, blocked))
            {
                yield return BatchAccount.ToDeadLetter(source, record.Record, FailureText.ParkedBehind, FailureText.ParkedSentence) with
                {
                    State = DeadLetterStates.Parked,
                    ParkedKey = record.Change!.Value.Uid,
                };
            }
        }
    }

    /// <summary>Later records of an order wait behind its unfinished failure; a refused one does not, it could not be stored then either.</summary>
    private static bool IsParked(in DecodedRecord record, HashSet<string>? blocked) =>
        blocked is not null && record.Change is { } change && blocked.Contains(change.Uid);
}
