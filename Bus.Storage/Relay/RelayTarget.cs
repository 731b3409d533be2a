namespace Bus.Storage.Relay;

/// <summary>An event on its way to a target.</summary>
public sealed record OutboxEvent(long Id, string Key, long Sequence, string Type, byte[]? Payload, DateTime OccurredAt, string? TraceParent);

/// <summary>Where events go.</summary>
public interface IRelayTarget
{
    /// <summary>The target's name in logs and status.</summary>
    string Name { get; }

    /// <summary>
    /// Sends events of different keys and waits for the target's word on each. Returns those it confirmed, the same instances; an event that is not
    /// among them is sent again, and no later event of its key before it.
    /// </summary>
    Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken);
}
