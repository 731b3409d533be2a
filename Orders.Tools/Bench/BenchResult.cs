using System.Globalization;

namespace Orders.Tools.Bench;

/// <summary>What a bench measured, and the ceiling it is measured against, from the same run.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Figure">How fast it was.</param>
/// <param name="Unit">Of figure and ceiling.</param>
/// <param name="Ceiling">What the part that does the work achieved without BusOrders around it.</param>
/// <param name="CeilingIs">What that was, in words.</param>
/// <param name="Count">How many items the figure is made of.</param>
/// <param name="Seconds">How long they took.</param>
/// <param name="Cost">What they cost.</param>
internal sealed record BenchResult(
    string Name, double Figure, string Unit, double Ceiling, string CeilingIs, long Count, double Seconds, BenchCost Cost)
{
    public const string Schema = "busorders/bench/1";

    // Above this share of the machine the figure says more about the neighbours than about the stage.
    private const double NoticeableOthers = 0.1;

    /// <summary>Peak resident memory by process, in bytes.</summary>
    public required IReadOnlyDictionary<string, long> PeakMemory { get; init; }

    /// <summary>Further figures of this stage, by name with unit.</summary>
    public IReadOnlyDictionary<string, double> Details { get; init; } = new Dictionary<string, double>();

    public double Ratio => Ceiling > 0 ? Figure / Ceiling : 0;

    public object ForScripts() => new
    {
        schema = Schema,
        name = Name,
        figure = Math.Round(Figure, 1),
        unit = Unit,
        ceiling = Math.Round(Ceiling, 1),
        ceilingIs = CeilingIs,
        ratio = Math.Round(Ratio, 3),
        count = Count,
        seconds = Math.Round(Seconds, 3),
        cpuSecondsPer1000 = Cost.SecondsPer1000.ToDictionary(cost => cost.Key, cost => Math.Round(cost.Value, 5)),
        peakMemoryBytes = PeakMemory,
        details = Details.ToDictionary(detail => detail.Key, detail => Math.Round(detail.Value, 3)),
        cores = Environment.ProcessorCount,
        coresUsedByOthers = Math.Round(Cost.CoresUsedByOthers, 2),
    };

    public IEnumerable<string> ForPeople()
    {
        yield return Text($"{Name,-9}{Figure,12:N0} {Unit}   {Count:N0} in {Seconds:0.00} s");
        yield return Text($"{"ceiling",-9}{Ceiling,12:N0} {Unit}   {CeilingIs}");
        yield return Text($"{"ratio",-9}{Ratio,12:0.00}");
        foreach (var (process, seconds) in Cost.SecondsPer1000)
        {
            var memory = PeakMemory.TryGetValue(process, out var bytes) ? Text($", at most {bytes / 1048576.0:N0} MiB") : "";
            yield return Text($"{process,-9}{seconds,12:0.0000} CPU seconds per 1,000{memory}");
        }

        foreach (var (detail, value) in Details)
        {
            yield return Text($"{"",-9}{value,12:N2} {detail}");
        }

        if (Cost.CoresUsedByOthers > NoticeableOthers * Environment.ProcessorCount)
        {
            yield return Text(
                $"Other programs used {Cost.CoresUsedByOthers:0.0} of {Environment.ProcessorCount} cores meanwhile: run it again on a quiet machine.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
