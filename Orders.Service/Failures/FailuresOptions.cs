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

    /// <summary>The wait before the first such retry; it doubles. Default 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10", ErrorMessage = "Failures:RetryDelay must be 1 ms to 10 s.")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(50);

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

    /// <summary>The wait after <paramref name="done"/> redeliveries; null when there were enough.</summary>
    public TimeSpan? RedeliveryAfter(int done) => done switch
    {
        0 => FirstRedelivery,
        1 => SecondRedelivery,
        2 => LastRedelivery,
        _ => null,
    };
}
