using System.Globalization;
using Orders.Tools.Printing;

namespace Orders.Tools.Verify;

/// <summary>What a verification found, for scripts and for people.</summary>
internal sealed class VerifyReport(string directory, Verification verification, bool hasLedger, TimeSpan took)
{
    public const string Schema = "busorders/verify/1";

    private readonly Anomalies _anomalies = verification.Anomalies;
    private readonly Figures _figures = verification.Figures;

    public object ForScripts() => new
    {
        schema = Schema,
        directory,
        clean = _anomalies.Total == 0,
        seconds = Math.Round(took.TotalSeconds, 3),
        records = new { onTopic = _figures.Records, accounted = _figures.Accounted, lag = _figures.Lag },
        ranges = new { total = _figures.Ranges, folded = _figures.RangesFolded },
        orders = new { total = _figures.Orders, folded = _figures.OrdersFolded, notCheckable = _figures.OrdersNotCheckable },
        events = new
        {
            onTopic = _figures.Events,
            repeated = _figures.EventsRepeated,
            foreign = _figures.EventsForeign,
            waiting = _figures.OutboxWaiting,
            notCheckable = _figures.EventsNotCheckable,
        },
        deadLetters = new { total = _figures.DeadLetters, compared = _figures.DeadLettersCompared },
        ledger = hasLedger
            ? new { attempted = _figures.LedgerAttempted, acked = _figures.LedgerAcked, unknown = _figures.LedgerUnknown, expired = _figures.LedgerExpired }
            : null,
        reads = _figures.Reads,
        anomalies = AnomalyName.All.Select(anomaly => new
        {
            name = anomaly.Name,
            invariants = anomaly.Invariants,
            count = _anomalies.CountOf(anomaly.Name),
            samples = _anomalies.SamplesOf(anomaly.Name),
        }),
    };

    public IEnumerable<string> ForPeople()
    {
        yield return Invariant($"records     {_figures.Records:N0} on the topic, {_figures.Accounted:N0} accounted for, {_figures.Lag:N0} not yet");
        yield return Invariant($"ranges      {_figures.Ranges:N0}, {_figures.RangesFolded:N0} of them counted again from the topic");
        yield return Invariant(
            $"orders      {_figures.Orders:N0}; {_figures.OrdersFolded:N0} folded again, {_figures.OrdersNotCheckable:N0} not checkable by the topic alone");
        yield return Invariant(
            $"events      {_figures.Events:N0} on the topic ({_figures.EventsRepeated:N0} repeated), {_figures.OutboxWaiting:N0} waiting");
        if (_figures.EventsNotCheckable > 0)
        {
            yield return Invariant($"            {_figures.EventsNotCheckable:N0} more were deleted by the broker and cannot be checked");
        }

        if (_figures.EventsForeign > 0)
        {
            yield return Invariant($"            {_figures.EventsForeign:N0} more on the topic are no events");
        }

        yield return Invariant($"dead        {_figures.DeadLetters:N0} dead letters, {_figures.DeadLettersCompared:N0} compared with their record");
        if (hasLedger)
        {
            yield return Invariant(
                $"ledger      {_figures.LedgerAttempted:N0} attempted, {_figures.LedgerAcked:N0} acked, {_figures.LedgerUnknown:N0} unknown");
        }

        yield return Invariant($"reads       {_figures.Reads:N0} GETs");
        yield return "";
        foreach (var (name, invariants) in AnomalyName.All)
        {
            yield return Invariant($"{name,-22}{_anomalies.CountOf(name),10:N0}  {invariants}");
            foreach (var sample in _anomalies.SamplesOf(name))
            {
                yield return $"  {TerminalText.Line(sample.Where)}: {TerminalText.Line(sample.Text)}";
            }
        }
    }

    public string Summary() => Invariant(
        $"{Found()} in {_figures.Records:N0} records, {_figures.Orders:N0} orders and {_figures.Events:N0} events, {took.TotalSeconds:0.0} s.");

    private string Found() => _anomalies.Total switch { 0 => "No anomaly", 1 => "1 anomaly", var count => Invariant($"{count:N0} anomalies") };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
