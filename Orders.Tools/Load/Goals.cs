using System.Globalization;
using System.Text.RegularExpressions;

namespace Orders.Tools.Load;

/// <summary>One thing that must hold at the end, such as <c>e2e_p99&lt;250ms</c> or <c>lost=0</c>.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Metric">What is compared: <c>STAGE_FIGURE</c> or a counter.</param>
/// <param name="Comparison"><c>&lt;</c>, <c>&lt;=</c>, <c>=</c>, <c>&gt;=</c> or <c>&gt;</c>.</param>
/// <param name="Limit">With what: microseconds, or a number.</param>
internal sealed partial record Goal(string Text, string Metric, string Comparison, double Limit)
{
    public const string Default = "lost=0";

    /// <summary>Another name for <see cref="StageName.Visible"/>: from the planned send to the reader.</summary>
    private const string EndToEnd = "e2e";

    private static readonly string[] Figures = ["min", "mean", "p50", "p95", "p99", "p99.9", "max"];
    private static readonly string[] Counters = ["lost", "failed", "unseen", "rate"];

    /// <summary>Reads a list of goals with commas between them.</summary>
    public static IReadOnlyList<Goal> Parse(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseOne)];

    /// <summary>Whether it holds for what was measured; a figure that could not be measured does not.</summary>
    public bool IsMet(double? measured) => measured is { } value && Comparison switch
    {
        "<" => value < Limit,
        "<=" => value <= Limit,
        ">=" => value >= Limit,
        ">" => value > Limit,
        _ => value == Limit,
    };

    /// <summary>The measured value in words, in the goal's unit.</summary>
    public string Show(double? measured) => measured switch
    {
        null => "not measured",
        { } value when Metric.Contains('_') => LoadText.Duration(value),
        { } value => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static Goal ParseOne(string text)
    {
        var parts = Form().Match(text);
        if (!parts.Success)
        {
            throw Refused(text);
        }

        var metric = parts.Groups["metric"].Value;
        var limit = parts.Groups["limit"].Value;
        if (Counters.Contains(metric))
        {
            return double.TryParse(limit, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                ? new(text, metric, parts.Groups["comparison"].Value, number)
                : throw Refused(text);
        }

        var stage = metric[..Math.Max(0, metric.IndexOf('_', StringComparison.Ordinal))];
        var figure = metric[(stage.Length + (stage.Length == 0 ? 0 : 1))..];
        stage = stage == EndToEnd ? StageName.Visible : stage;
        return StageName.All.Contains(stage) && Figures.Contains(figure)
            ? new(text, $"{stage}_{figure}", parts.Groups["comparison"].Value, LoadRequest.ParseDuration("--slo", limit).TotalMicroseconds)
            : throw Refused(text);
    }

    private static BusException Refused(string text) => BusException.Failed(
        $"--slo {text} is not a goal. Goals are {string.Join(", ", Counters)} or STAGE_FIGURE, with <, <=, =, >= or > and a limit, such as "
        + $"e2e_p99<250ms,lost=0. Stages: {string.Join(", ", StageName.All)}, {EndToEnd}; figures: {string.Join(", ", Figures)}.");

    [GeneratedRegex(@"^(?<metric>[a-z0-9_.]+)(?<comparison><=|>=|<|>|=)(?<limit>[0-9.]+[a-z]*)$")]
    private static partial Regex Form();
}
