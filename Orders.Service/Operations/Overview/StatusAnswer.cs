namespace Orders.Service.Operations.Overview;

/// <summary>What <c>/api/status</c> answers and the overview shows; the notes count what this process has seen since it started.</summary>
internal sealed record StatusAnswer(
    string Schema,
    bool Ready,
    IReadOnlyList<string> Reasons,
    IReadOnlyList<PartitionStatus> Partitions,
    OutcomeCounts Outcomes,
    OutboxStatus Outbox,
    IReadOnlyList<DeadLetterCount> DeadLetters,
    IReadOnlyDictionary<string, long> Notes)
{
    public const string SchemaName = "busorders/service-status/1";
}

/// <summary>Where a partition stands: every record below <see cref="Position"/> is accounted for.</summary>
internal sealed record PartitionStatus(string Group, string Topic, int Partition, int Epoch, long Position);

/// <summary>How many offsets came to each outcome.</summary>
internal sealed record OutcomeCounts(
    long Stored, long Duplicate, long Superseded, long Removed, long Ignored, long Parked, long Redelivering, long Dead, long Absent,
    long Lost)
{
    /// <summary>The outcomes with what each means, in the order they are shown.</summary>
    public IReadOnlyList<(string Outcome, long Count, string Meaning)> Named() =>
    [
        ("stored", Stored, "new or newer: the order was written and an event told of it"),
        ("duplicate", Duplicate, "the same order with the same bytes, seen before"),
        ("superseded", Superseded, "older than what is stored: counted, never applied"),
        ("removed", Removed, "a null value: the order was emptied"),
        ("ignored", Ignored, "left out by a named rule"),
        ("parked", Parked, "waits behind its order's own unfinished failure"),
        ("redelivering", Redelivering, "failed and comes again by itself"),
        ("dead", Dead, "became a dead letter, byte for byte"),
        ("absent", Absent, "the offset holds no record: compaction, transaction markers"),
        ("lost", Lost, "deleted by the broker before it was read"),
    ];
}

/// <summary>Events not yet confirmed by their target.</summary>
/// <param name="Waiting">How many.</param>
/// <param name="OldestSeconds">The age of the oldest; null when none waits.</param>
internal sealed record OutboxStatus(long Waiting, double? OldestSeconds);

/// <summary>Dead letters that share state and reason.</summary>
internal sealed record DeadLetterCount(string State, string Reason, long Count);
