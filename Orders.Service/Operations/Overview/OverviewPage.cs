using System.Globalization;
using Bus.Storage.DeadLetters;
using Bus.Storage.Pausing;
using Orders.Service.Ingest;
using Orders.Service.Operations.DeadLetters;
using Orders.Service.Operations.Markup;
using Orders.Service.Operations.Pausing;

namespace Orders.Service.Operations.Overview;

/// <summary>What an operator wants to know first: does it work, is anything waiting, is anything broken.</summary>
internal static class OverviewPage
{
    private const int MaxPartitionRows = 200;

    public static Html Render(StatusAnswer status, PausedTopic? pause, DateTime now) => Layout.Page("Overview", "/", Html.Of($"""
        <div class="head">
        <h1>Overview</h1>
        <p class="small">as of {Layout.Time(now)} UTC · <a href="/">refresh</a></p>
        </div>
        {ReadyBanner(status)}
        {Pause(pause)}
        {Figures(status)}
        <div class="columns">
        {Outcomes(status.Outcomes)}
        {DeadLetters(status.DeadLetters)}
        </div>
        {Notes(status.Notes)}
        {Partitions(status.Partitions)}
        <p class="small">The same as JSON: <a href="/api/status">/api/status</a>. Health: <a href="/health/live">/health/live</a>,
        <a href="/health/ready">/health/ready</a>.</p>
        """));

    private static Html ReadyBanner(StatusAnswer status) => status.Ready
        ? Html.Of($"""<p class="banner good" role="status"><strong>Ready.</strong> Everything the service needs is there.</p>""")
        : Html.Of($"""
            <div class="banner bad" role="status"><strong>Not ready.</strong> This is missing:
            <ul>{status.Reasons.Select(reason => Html.Of($"<li>{reason}</li>"))}</ul></div>
            """);

    private static Html Pause(PausedTopic? pause) => pause is null
        ? Html.Of($"""
            <form method="post" action="{IngestEndpoints.PausePath}"><p class="small">Ingest runs. <button type="submit">Pause</button>
            As a command: <code>bus pause</code></p></form>
            """)
        : Html.Of($"""
            <form class="banner bad" method="post" action="{IngestEndpoints.ResumePath}"><p><strong>Ingest is paused</strong>
            since {Layout.Time(pause.Since)} UTC by {pause.Actor}: {pause.Reason}</p>
            <p>Orders wait in Kafka, none is lost. Once the cause is mended: <button type="submit">Resume</button> or <code>bus resume</code></p></form>
            """);

    private static Html Figures(StatusAnswer status)
    {
        var dead = status.DeadLetters.Where(count => count.State == DeadLetterStates.Dead).Sum(count => count.Count);
        var accounted = status.Outcomes.Named().Sum(outcome => outcome.Count);
        var oldest = status.Outbox.OldestSeconds is { } seconds
            ? Html.Of($"the oldest for {Layout.Span(TimeSpan.FromSeconds(seconds))}")
            : Html.Of($"the relay has sent everything");
        return Html.Of($"""
            <ul class="figures">
            <li><span class="label">Records accounted for</span><span class="figure">{Layout.Count(accounted)}</span>
            <span class="small">each with exactly one outcome</span></li>
            <li><span class="label">Events waiting in the outbox</span><span class="figure">{Layout.Count(status.Outbox.Waiting)}</span>
            <span class="small">{oldest}</span></li>
            <li class="{(dead > 0 ? "attention" : "")}"><span class="label">Dead letters to look at</span>
            <span class="figure">{Layout.Count(dead)}</span>
            <span class="small">{(dead > 0
                ? Html.Of($"""<a href="/dead-letters?state=dead">Look at them</a>""")
                : Html.Of($"nothing waits for you"))}</span></li>
            </ul>
            """);
    }

    private static Html Outcomes(OutcomeCounts outcomes)
    {
        var total = outcomes.Named().Sum(outcome => outcome.Count);
        if (total == 0)
        {
            return Html.Of($"""
                <section class="card"><h2>Outcomes</h2>
                <p class="nothing">No record has been accounted for yet. Publish one to the topic, for example with
                <code>bus publish</code>.</p></section>
                """);
        }

        var rows = outcomes.Named().Select(outcome => Html.Of($"""
            <tr class="{(outcome.Count == 0 ? "zero" : "")}">
            <th scope="row">{outcome.Outcome}<span class="small">{outcome.Meaning}</span></th>
            <td class="number">{Layout.Count(outcome.Count)}</td><td class="share">{Share(outcome.Count, total)}</td></tr>
            """));
        return Html.Of($"""
            <section class="card"><h2>Outcomes</h2>
            <table class="outcomes"><thead><tr><th scope="col">Outcome</th><th scope="col" class="number">Offsets</th>
            <th scope="col" class="share">Share</th></tr></thead>
            <tbody>{rows}</tbody></table></section>
            """);
    }

    // The width is an attribute of the drawing, not a style: the page's policy allows no inline style.
    private static Html Share(long count, long total)
    {
        var percent = 100.0 * count / total;
        var text = count == 0 ? "" : percent < 0.1 ? "< 0.1 %" : percent.ToString("0.0", CultureInfo.InvariantCulture) + " %";
        var width = count == 0 ? "0" : Math.Max(1, percent).ToString("0.##", CultureInfo.InvariantCulture);
        return Html.Of($"""
            <svg class="share-bar" aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none">
            <rect width="{width}" height="6"/></svg>
            <span class="small">{text}</span>
            """);
    }

    private static Html DeadLetters(IReadOnlyList<DeadLetterCount> counts)
    {
        if (counts.Count == 0)
        {
            return Html.Of($"""
                <section class="card"><h2>Dead letters</h2>
                <p class="nothing">None. Every record read so far could be stored or was recognised.</p></section>
                """);
        }

        var groups = counts
            .OrderBy(count => DeadLetterFilter.States.IndexOf(count.State)).ThenByDescending(count => count.Count)
            .Select(count => Html.Of($"""
                <tr><td>{Layout.State(count.State)}</td><th scope="row">
                <a href="{DeadLetterFilter.Address(count.State, count.Reason)}">{DeadLetterReasons.Of(count.Reason).Title}</a>
                <span class="small"><code>{count.Reason}</code></span></th>
                <td class="number">{Layout.Count(count.Count)}</td></tr>
                """));
        return Html.Of($"""
            <section class="card"><h2>Dead letters</h2>
            <table><thead><tr><th scope="col">State</th><th scope="col">Reason</th><th scope="col" class="number">Count</th></tr></thead>
            <tbody>{groups}</tbody></table>
            <p><a href="/dead-letters">All dead letters</a></p></section>
            """);
    }

    private static Html Notes(IReadOnlyDictionary<string, long> notes)
    {
        var rows = notes.Where(note => note.Value > 0).Select(note => Html.Of($"""
            <tr><th scope="row"><code>{note.Key}</code><span class="small">{IngestNotes.MeaningOf(note.Key)}</span></th>
            <td class="number">{Layout.Count(note.Value)}</td></tr>
            """)).ToList();
        return rows.Count == 0 ? Html.Empty : Html.Of($"""
            <section class="card"><h2>Notes</h2>
            <p class="small">About records that were good all the same, since this process started.</p>
            <table><thead><tr><th scope="col">Note</th><th scope="col" class="number">Records</th></tr></thead>
            <tbody>{rows}</tbody></table></section>
            """);
    }

    private static Html Partitions(IReadOnlyList<PartitionStatus> partitions)
    {
        if (partitions.Count == 0)
        {
            return Html.Of($"""
                <section class="card"><h2>Partitions</h2>
                <p class="nothing">No watermark yet: no partition has had a record accounted for.</p></section>
                """);
        }

        var rows = partitions.Take(MaxPartitionRows).Select(partition => Html.Of($"""
            <tr><th scope="row" class="break" data-label="Topic">{partition.Topic}</th>
            <td class="number" data-label="Partition">{partition.Partition}</td>
            <td class="number" data-label="Epoch">{partition.Epoch}</td>
            <td class="number" data-label="Watermark">{Layout.Count(partition.Position)}</td>
            <td class="break" data-label="Group">{partition.Group}</td></tr>
            """));
        var rest = partitions.Count > MaxPartitionRows
            ? Html.Of($"""
                <p class="small">{Layout.Count(partitions.Count - MaxPartitionRows)} more are in <a href="/api/status">/api/status</a>.</p>
                """)
            : Html.Empty;
        return Html.Of($"""
            <section class="card"><h2>Partitions</h2>
            <p class="small">Every record below the watermark is accounted for. A deleted and re-created topic starts a new epoch.</p>
            <table class="cards"><thead><tr><th scope="col">Topic</th><th scope="col" class="number">Partition</th>
            <th scope="col" class="number">Epoch</th><th scope="col" class="number">Watermark</th><th scope="col">Group</th></tr></thead>
            <tbody>{rows}</tbody></table>{rest}</section>
            """);
    }
}
