using System.Globalization;

namespace Orders.Tools.Load;

/// <summary>What a run measured.</summary>
internal sealed record LoadReport(LoadRequest Request, LoadTally Tally)
{
    public const string Schema = "busorders/load/1";

    public required long Sent { get; init; }

    public required long Acked { get; init; }

    public required long Failed { get; init; }

    public required long Unanswered { get; init; }

    public string? FirstFailure { get; init; }

    /// <summary>Orders whose event never came, although it was waited for as long as was asked.</summary>
    public required long Lost { get; init; }

    /// <summary>Orders whose event had no time to come, because the run was interrupted.</summary>
    public required long Undecided { get; init; }

    public required double SecondsSending { get; init; }

    public required bool Interrupted { get; init; }

    public double AchievedRate => Sent / Math.Max(SecondsSending, 0.001);

    public IReadOnlyList<(Goal Goal, double? Measured, bool Met)> Verdicts =>
        [.. Request.Goals.Select(goal => (goal, Measured(goal.Metric), goal.IsMet(Measured(goal.Metric))))];

    public int ExitCode => Interrupted ? Tools.ExitCode.Interrupted
        : Verdicts.All(verdict => verdict.Met) ? Tools.ExitCode.Fine
        : Tools.ExitCode.GoalMissed;

    public object ForScripts() => new
    {
        schema = Schema,
        rate = Request.Rate,
        achievedRate = Math.Round(AchievedRate, 1),
        durationSeconds = Math.Round(Request.Duration.TotalSeconds, 3),
        warmUpSeconds = Math.Round(Request.WarmUp.TotalSeconds, 3),
        interrupted = Interrupted,
        seed = Request.Seed,
        ledger = Request.LedgerFile is null ? null : Path.GetFullPath(Request.LedgerFile),
        sent = Sent,
        acked = Acked,
        failed = Failed,
        unanswered = Unanswered,
        newOrders = Tally.Expected,
        events = Tally.Events,
        lost = Lost,
        undecided = Undecided,
        sampled = Tally.Sampled,
        seen = Tally.Seen,
        senderBehindMs = Ms(Tally.LatestSend),
        stages = StageName.All.Select(stage => (Name: stage, Summary: Tally.Of(stage).Summarize())).Select(stage => new
        {
            name = stage.Name,
            count = stage.Summary?.Count ?? 0,
            minMs = Ms(stage.Summary?.Min),
            meanMs = Ms(stage.Summary?.Mean),
            p50Ms = Ms(stage.Summary?.P50),
            p95Ms = Ms(stage.Summary?.P95),
            p99Ms = Ms(stage.Summary?.P99),
            p999Ms = Ms(stage.Summary?.P999),
            maxMs = Ms(stage.Summary?.Max),
        }),
        goals = Verdicts.Select(verdict => new { goal = verdict.Goal.Text, measured = verdict.Goal.Show(verdict.Measured), met = verdict.Met }),
    };

    public IEnumerable<string> ForPeople()
    {
        yield return Text($"{(Interrupted ? "Interrupted. " : "")}Sent {Sent:N0} in {SecondsSending:0.0} s ({AchievedRate:N0}/s of {Request.Rate:N0}/s), ")
            + Text($"{Acked:N0} acknowledged, {Tally.Expected:N0} new orders, {Tally.Events:N0} events, {Lost:N0} lost. Seed {Request.Seed}.");
        foreach (var line in Troubles())
        {
            yield return line;
        }

        yield return "";
        yield return Text($"from planned send to   {"count",9}{"min",10}{"mean",10}{"p50",10}{"p95",10}{"p99",10}{"p99.9",10}{"max",10}");
        foreach (var stage in StageName.All)
        {
            yield return Tally.Of(stage).Summarize() is { } s
                ? Text($"{stage,-23}{s.Count,9:N0}{D(s.Min)}{D(s.Mean)}{D(s.P50)}{D(s.P95)}{D(s.P99)}{D(s.P999)}{D(s.Max)}")
                : Text($"{stage,-23}{0,9}");
        }

        yield return Text($"The first {Request.WarmUp.TotalSeconds:0.#} s are left out. stored is when Postgres wrote the event; its commit follows. ")
            + Text($"visible is a sample of {Tally.Sampled:N0} orders.");
        var shown = Tally.Of(StageName.Visible).Count > 0 ? StageName.Visible : StageName.Event;
        yield return "";
        yield return shown;
        foreach (var row in LoadText.Histogram(Tally.Of(shown)))
        {
            yield return row;
        }

        yield return "";
        foreach (var (goal, measured, met) in Verdicts)
        {
            yield return $"{(met ? '✓' : '✗')} {goal.Text}: {goal.Show(measured)}";
        }
    }

    /// <summary>The value that a goal is compared with: microseconds or a number; null where there is none.</summary>
    public double? Measured(string metric)
    {
        switch (metric)
        {
            case "lost": return Lost;
            case "failed": return Failed + Unanswered;
            case "unseen": return Tally.Sampled - Tally.Seen;
            case "rate": return AchievedRate;
            default:
                var cut = metric.IndexOf('_', StringComparison.Ordinal);
                var summary = Tally.Of(metric[..cut]).Summarize();
                return metric[(cut + 1)..] switch
                {
                    "min" => summary?.Min,
                    "mean" => summary?.Mean,
                    "p50" => summary?.P50,
                    "p95" => summary?.P95,
                    "p99" => summary?.P99,
                    "p99.9" => summary?.P999,
                    _ => summary?.Max,
                };
        }
    }

    private IEnumerable<string> Troubles()
    {
        if (Failed > 0)
        {
            yield return Text($"Kafka refused {Failed:N0}: {FirstFailure}");
        }

        if (Unanswered > 0)
        {
            yield return Text($"{Unanswered:N0} sends have no answer and may or may not be on the topic.");
        }

        if (Undecided > 0)
        {
            yield return Text($"{Undecided:N0} orders were still on their way when the run was interrupted.");
        }

        if (Tally.Seen < Tally.Sampled && !Interrupted)
        {
            yield return Text($"{Tally.Sampled - Tally.Seen:N0} of {Tally.Sampled:N0} sampled orders were never seen at the gateway.");
        }

        if (Tally.LatestSend > 100_000)
        {
            yield return Text($"The sender itself was up to {LoadText.Duration(Tally.LatestSend)} behind its plan; that is in every figure.");
        }
    }

    private static double? Ms(double? microseconds) => microseconds is { } value ? Math.Round(value / 1000, 3) : null;

    private static string D(double microseconds) => LoadText.Duration(microseconds).PadLeft(10);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
