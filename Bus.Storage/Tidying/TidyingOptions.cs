using System.ComponentModel.DataAnnotations;

namespace Bus.Storage.Tidying;

/// <summary>What is kept for how long, and how gently the rest goes. Section <c>Tidying</c>.</summary>
public sealed class TidyingOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Tidying";

    /// <summary>
    /// Whether this instance tidies. Default true; of several instances one does it at a time. Off everywhere, tables grow with every batch.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The wait between two passes. Default 1 min. Longer: more small rows wait for the next pass; nothing else depends on it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Tidying:Interval must be 1 s to 1 day.")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How old an inbox range must be to be merged with its neighbours. Default 1 h, in which every batch can still be told apart. Longer: more
    /// rows.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00", ErrorMessage = "Tidying:MergeAfter must be 0 to 365 days.")]
    public TimeSpan MergeAfter { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The stretch of offsets that becomes one row at most. Default 1,000,000. Smaller: more rows stay; larger: a check against the topic can
    /// say less, because a range is compared only as a whole and retention cuts the oldest one.
    /// </summary>
    [Range(1_000, 1_000_000_000, ErrorMessage = "Tidying:RangeOffsets must be 1000 to 1000000000.")]
    public long RangeOffsets { get; set; } = 1_000_000;

    /// <summary>The most rows one transaction touches. Default 1000; of dead letters, which are large, a tenth. Larger: longer locks.</summary>
    [Range(10, 100_000, ErrorMessage = "Tidying:BatchRows must be 10 to 100000.")]
    public int BatchRows { get; set; } = 1_000;

    /// <summary>The rest between two such transactions. Default 100 ms. Shorter: a backlog goes sooner, at the cost of ingest beside it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "Tidying:Pause must be 0 to 1 min.")]
    public TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a resolved dead letter is kept, from the moment it was resolved. Default 30 days. Shorter: less to look back on. One that is
    /// not resolved, dismissed ones included, is never deleted.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00", ErrorMessage = "Tidying:ResolvedDeadLettersFor must be 0 to 3650 days.")]
    public TimeSpan ResolvedDeadLettersFor { get; set; } = TimeSpan.FromDays(30);
}
