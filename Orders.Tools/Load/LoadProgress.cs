using System.Globalization;
using Orders.Tools.Printing;

namespace Orders.Tools.Load;

/// <summary>How the run goes, on standard error: a line that redraws itself for a person, one line at the start for a log.</summary>
internal sealed class LoadProgress(Terminal terminal, LoadRequest request, LoadClock clock, LoadTally tally)
{
    public static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    public void Begin(string where) => terminal.Say(string.Create(
        CultureInfo.InvariantCulture,
        $"Sending {request.Rate:N0} records/s for {request.Duration.TotalSeconds:0.#} s to {where}; {request.WarmUp.TotalSeconds:0.#} s of it warm-up."));

    public void Show(long sent, string? problem)
    {
        if (terminal.Interactive)
        {
            var visible = tally.Of(StageName.Visible).Summarize();
            var e2e = visible is null ? "" : $", visible p50 {LoadText.Duration(visible.P50)} p99 {LoadText.Duration(visible.P99)}";
            terminal.Error.Write("\r" + string.Create(
                CultureInfo.InvariantCulture,
                $"{clock.Now / 1e6,6:0.0} s  sent {sent:N0} of {request.Count:N0}, waiting for {tally.Open:N0} events{e2e}")
                + (problem is null ? "" : $", {TerminalText.Line(problem)}") + "\u001b[K");
        }
    }

    public void End()
    {
        if (terminal.Interactive)
        {
            terminal.Error.Write("\r\u001b[K");
        }
    }
}
