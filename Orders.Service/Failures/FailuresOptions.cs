using System.ComponentModel.DataAnnotations;

namespace Orders.Service.Failures;

/// <summary>How patient ingest is with a record that makes it fail. Section <c>Failures</c>.</summary>
internal sealed class FailuresOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Failures";

    /// <summary>How often a record that fails alone, not for its data, is tried again at once. Default 3; its partition waits meanwhile.</summary>
    [Range(0, 10, ErrorMessage = "Failures:Retries must be 0 to 10.")]
    public int Retries { get; set; } = 3;

    /// <summary>The wait before the first such retry; it doubles. Default 20 ms. Longer: a failing record holds its partition longer; shorter: more orders
    /// wait for the first redelivery instead, because of a failure that had passed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ErrorMessage = "Failures:RetryDelay must be 1 ms to 10 s.")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>When it is redelivered first. Default 10 s; the record's order waits until it is through.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Failures:FirstRedelivery must be 0 to 1 day.")]
    public TimeSpan FirstRedelivery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>When it is redelivered the second time, counted from the first. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Failures:SecondRedelivery must be 0 to 1 day.")]
    public TimeSpan SecondRedelivery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>When it is redelivered the last time, counted from the second. Default 5 min; then an operator decides.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Failures:LastRedelivery must be 0 to 1 day.")]
    public TimeSpan LastRedelivery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often is looked for records that are due. Default 1 s; a query on a table that is empty in normal life.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00", ErrorMessage = "Failures:PollInterval must be 50 ms to 10 min.")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How many starts in a row may crash before anything of a partition is accounted for, until its records go one by one, and
    /// how many over the same redelivery or place of a reprocess; one more makes its record a dead letter. Default 3. Fewer: a record
    /// that ends the process is found sooner; more: crashes that no record is to blame for, such as a machine short of memory, slow ingest down later.
    /// </summary>
    [Range(1, 100, ErrorMessage = "Failures:UncleanStarts must be 1 to 100.")]
    public int UncleanStarts { get; set; } = 3;

    /// <summary>
    /// After how long a transaction of the service that waits for its own client, while a batch waited for a lock in vain, is taken for that of a frozen
    /// process and ended. Default 10 s. Shorter: a process that only pauses has to do its batch again; longer: its partitions stand still longer.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "Failures:StalledAfter must be 1 s to 1 hour.")]
    public TimeSpan StalledAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many failed records in a row pause ingest. Default 5000; fewer stop a short flood, more fill the table of dead letters.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Failures:BrakeInARow must be 1 to 1000000.")]
    public int BrakeInARow { get; set; } = 5_000;

    /// <summary>Which share of failed records within the window, in percent, is too much. Default 90; 100 switches this rule off.</summary>
    [Range(1, 100, ErrorMessage = "Failures:BrakePercent must be 1 to 100.")]
    public int BrakePercent { get; set; } = 90;

    /// <summary>Over how long the share is counted. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00", ErrorMessage = "Failures:BrakeWindow must be 10 s to 1 day.")]
    public TimeSpan BrakeWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The fewest records a share is judged by. Default 10000; with fewer a flood on a quiet topic, far below <see cref="BrakeInARow"/>, would pause it.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Failures:BrakeMinimum must be 1 to 1000000.")]
    public int BrakeMinimum { get; set; } = 10_000;

    /// <summary>
    /// The fewest records a share is judged by where those that failed are redelivered: failed for a fault of ours or of the database, not for what they
    /// hold. Default 200; such a record holds its partition for 140 ms, so no window sees many. Fewer: a fault that a few orders of a quiet topic meet
    /// pauses it; more: a broken step makes as many orders wait for their redelivery before ingest pauses.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Failures:BrakeMinimumRedelivering must be 1 to 1000000.")]
    public int BrakeMinimumRedelivering { get; set; } = 200;

    /// <summary>The wait after <paramref name="done"/> redeliveries; null when there were enough.</summary>
    public TimeSpan? RedeliveryAfter(int done) => done switch
    {
        0 => FirstRedelivery,
        1 => SecondRedelivery,
        2 => LastRedelivery,
        _ => null,
    };
}
