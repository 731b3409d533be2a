namespace Orders.Tools.Verify;

/// <summary>The names of what must never be found, each with the invariant it breaks.</summary>
internal static class AnomalyName
{
    /// <summary>An acknowledged record that is neither on the topic nor accounted for, or one that was stored and whose effect is gone.</summary>
    public const string LostWrite = "lost-write";

    /// <summary>An offset below the watermark in no range, or in one whose counts do not fit what the records are.</summary>
    public const string Unaccounted = "unaccounted";

    /// <summary>An offset in more than one range, or one that will be accounted for again.</summary>
    public const string DoubleAccount = "double-account";

    /// <summary>More versions or events of an order than its records make.</summary>
    public const string DuplicateEffect = "duplicate-effect";

    /// <summary>Order, record and event do not tell the same.</summary>
    public const string Torn = "torn";

    /// <summary>A version between others of which no event was ever sent.</summary>
    public const string EventMissing = "event-missing";

    /// <summary>An event that first came after a later one of its order.</summary>
    public const string EventOutOfOrder = "event-out-of-order";

    /// <summary>The gateway serves something older than the database holds, for more than a second.</summary>
    public const string StaleRead = "stale-read";

    /// <summary>A dead letter that is not, byte for byte, the record it was made of.</summary>
    public const string DeadLetterAltered = "dead-letter-altered";

    /// <summary>All of them, in the order they are reported.</summary>
    public static readonly IReadOnlyList<(string Name, string Invariants)> All =
    [
        (LostWrite, "I2"), (Unaccounted, "I1"), (DoubleAccount, "I1"), (DuplicateEffect, "I3"), (Torn, "I4, I16"), (EventMissing, "I5"),
        (EventOutOfOrder, "I5, I16"), (StaleRead, "I9"), (DeadLetterAltered, "I6"),
    ];
}

/// <summary>One finding: where, and what is wrong there.</summary>
internal sealed record Sample(string Where, string Text);

/// <summary>What was found, counted by name; of each name the first few in full.</summary>
internal sealed class Anomalies
{
    public const int MostSamples = 20;

    private readonly Dictionary<string, (long Count, List<Sample> Samples)> _found =
        AnomalyName.All.ToDictionary(anomaly => anomaly.Name, _ => (0L, new List<Sample>()));

    public long Total => _found.Values.Sum(found => found.Count);

    public void Add(string name, string where, string text)
    {
        var (count, samples) = _found[name];
        _found[name] = (count + 1, samples);
        if (samples.Count < MostSamples)
        {
            samples.Add(new Sample(where, text));
        }
    }

    public long CountOf(string name) => _found[name].Count;

    public IReadOnlyList<Sample> SamplesOf(string name) => _found[name].Samples;
}
