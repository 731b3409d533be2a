using System.ComponentModel.DataAnnotations;

namespace Bus.Storage.Relay;

/// <summary>How the relay reads the outbox. Section <c>Relay</c>.</summary>
public sealed class RelayOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Relay";

    /// <summary>
    /// Whether this instance relays. Default true. Off, events wait in the outbox for another instance or for the setting's return: they
    /// are never lost, but the table grows and readers of the events see nothing new.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The most events read, sent and marked in one pass, in whole rows and one row at least. Default 5,000. Smaller: more round trips; larger:
    /// more memory, and more events sent again after a crash.
    /// </summary>
    [Range(1, 100_000, ErrorMessage = "Relay:BatchEvents must be 1 to 100000 events.")]
    public int BatchEvents { get; set; } = 5_000;

    /// <summary>
    /// The most bytes read in one pass, in whole rows and one row at least; a larger event goes alone. Default 16 MiB. Smaller: more round trips
    /// for large states; larger: more memory, twice as much while the target has not confirmed.
    /// </summary>
    [Range(1, 1L << 30, ErrorMessage = "Relay:BatchBytes must be 1 byte to 1 GiB.")]
    public long BatchBytes { get; set; } = 16 << 20;

    /// <summary>
    /// How long the relay lets events gather after a pass of less than half <see cref="BatchEvents"/>. Default 5 ms. An event that finds the
    /// relay asleep does not wait. Smaller: more, smaller requests, each with its cost for Postgres, Kafka and every reader; larger: events
    /// arrive that much later.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10", ErrorMessage = "Relay:Linger must be 0 to 10 s.")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long the relay sleeps when nothing wakes it. Default 1 s: what a missed notification costs at most.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ErrorMessage = "Relay:PollInterval must be 10 ms to 1 min.")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The wait after a pass that failed. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ErrorMessage = "Relay:BackOff must be 10 ms to 1 min.")]
    public TimeSpan BackOff { get; set; } = TimeSpan.FromSeconds(1);
}
