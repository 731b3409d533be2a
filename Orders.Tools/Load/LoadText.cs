using System.Globalization;

namespace Orders.Tools.Load;

/// <summary>Durations and bars as a person reads them.</summary>
internal static class LoadText
{
    private const int BarWidth = 50;

    /// <summary>Three digits are all there is to a measurement here.</summary>
    public static string Duration(double microseconds) => microseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} µs"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000:0.00} ms"),
        < 100_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000:0.0} ms"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000:0.00} s"),
    };

    /// <summary>A row per step of about a half, from the least to the most; rows as long as the share of their orders.</summary>
    public static IEnumerable<string> Histogram(LatencyHistogram latencies)
    {
        if (latencies.Summarize() is not { } summary)
        {
            yield break;
        }

        var rows = Steps().SkipWhile(step => step.To <= summary.Min).TakeWhile(step => step.From <= summary.Max)
            .Select(step => (step.From, step.To, Count: latencies.CountBetween(step.From, step.To))).ToList();
        var most = Math.Max(1, rows.Max(row => row.Count));
        foreach (var (from, to, count) in rows)
        {
            var bar = new string('#', (int)Math.Ceiling((double)BarWidth * count / most));
            yield return string.Create(CultureInfo.InvariantCulture, $"{Duration(from),9} – {Duration(to),-9}{count,10:N0}  {bar}").TrimEnd();
        }
    }

    // 1, 2, 5, 10, 20, 50 … up to beyond the longest.
    private static IEnumerable<(long From, long To)> Steps()
    {
        var from = 0L;
        for (var power = 100L; from < LatencyHistogram.Largest; power *= 10)
        {
            foreach (var factor in new[] { 1, 2, 5 })
            {
                yield return (from, power * factor);
                from = power * factor;
            }
        }
    }
}
