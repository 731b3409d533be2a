namespace Bus.Storage.DeadLetters;

/// <summary>A record that could not be stored, byte for byte, with why and every attempt.</summary>
public sealed class DeadLetter
{
    public long Id { get; init; }
    public required string GroupId { get; init; }
    public required string Topic { get; init; }
    public int Epoch { get; init; }
    public int Partition { get; init; }
    public long RecordOffset { get; init; }

    /// <summary>Milliseconds since 1970, as the record carried it.</summary>
    public long RecordTimestamp { get; init; }

    public byte[]? Key { get; init; }
    public byte[]? Value { get; init; }

    /// <summary>The headers' names in their order, duplicates included; same length as <see cref="HeaderValues"/>.</summary>
    public string[] HeaderNames { get; init; } = [];

    public byte[]?[] HeaderValues { get; init; } = [];

    /// <summary>One of <see cref="DeadLetterStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>A stable code, such as <c>malformed_json</c>; programs branch on it.</summary>
    public required string Reason { get; init; }

    /// <summary>The reason for a person, one sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>Where in the document the error was seen, such as <c>$.items[0]</c>.</summary>
    public string? JsonPath { get; init; }

    /// <summary>Where in the value's bytes the error was seen, from 0.</summary>
    public long? BytePosition { get; init; }

    public string? Exception { get; init; }
    public DateTime RecordedAt { get; init; }
    public DateTime? ResolvedAt { get; init; }
    public List<DeadLetterAttempt> Attempts { get; init; } = [];
}

/// <summary>One try to store a dead letter's record.</summary>
public sealed class DeadLetterAttempt
{
    public long DeadLetterId { get; init; }

    /// <summary>From 1.</summary>
    public int Number { get; init; }

    /// <summary><c>ingest</c>, <c>redelivery</c>, <c>replay</c> or <c>reprocess</c>.</summary>
    public required string Kind { get; init; }

    public DateTime AttemptedAt { get; init; }

    /// <summary>What the record was accounted for as: <c>dead</c>, or what a replay ended in.</summary>
    public required string Outcome { get; init; }

    public string? Reason { get; init; }
    public string? Sentence { get; init; }

    /// <summary>Who asked for the replay; null where nobody did.</summary>
    public string? Actor { get; init; }
}

/// <summary>The states of a dead letter.</summary>
public static class DeadLetterStates
{
    /// <summary>Entered by a failure that may pass; left by success (resolved) or the last attempt (dead).</summary>
    public const string Redelivering = "redelivering";

    /// <summary>Waits for an operator; left by replay (resolved) or dismissal. Never expires.</summary>
    public const string Dead = "dead";

    /// <summary>A replay job works on it; a crash leaves it to the job's next holder.</summary>
    public const string Replaying = "replaying";

    /// <summary>A replay stored it, in the transaction that wrote this state.</summary>
    public const string Resolved = "resolved";

    /// <summary>An operator closed it without; can be restored to dead.</summary>
    public const string Dismissed = "dismissed";

    /// <summary>Waits behind its order's own unfinished failure.</summary>
    public const string Parked = "parked";
}
