namespace Orders.Service.Failures;

/// <summary>Sends a dead letter through ingest again, with its original coordinates and time.</summary>
internal interface IDeadLetterReplay
{
    /// <summary>
    /// Effect and state change are one transaction: however often and by whomever it is asked for, the effect comes once.
    /// </summary>
    Task<ReplayResult> ReplayAsync(long deadLetterId, string actor, CancellationToken cancellationToken);
}

/// <summary>How a replay ended.</summary>
/// <param name="Status">What happened to the request.</param>
/// <param name="Outcome">
/// The account the record got (<c>stored</c>, <c>superseded</c> …, or <c>dead</c> again); null when it was not tried.
/// </param>
/// <param name="Sentence">For a person.</param>
internal sealed record ReplayResult(ReplayStatus Status, string? Outcome, string Sentence);

internal enum ReplayStatus
{
    /// <summary>Accounted for; the dead letter is resolved.</summary>
    Resolved,

    /// <summary>Refused again for the same or another reason; the dead letter stays, with one more attempt.</summary>
    StillDead,

    /// <summary>Not in a state that can be replayed (resolved already, dismissed).</summary>
    Conflict,

    /// <summary>There is no such dead letter.</summary>
    NotFound,
}
