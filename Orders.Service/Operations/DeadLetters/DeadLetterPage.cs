using Bus.Storage.DeadLetters;
using Orders.Service.Operations.Bytes;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>One dead letter: why, what to do, where from, its bytes, every attempt.</summary>
internal static class DeadLetterPage
{
    public const string ReplayResolved = "resolved";
    public const string ReplayStillDead = "still_dead";
    public const string ReplayConflict = "conflict";

    private const int ShownKeyBytes = 1024;

    public static Html Render(DeadLetter letter, string? view, string? replay, int shownBytes) =>
        Layout.Page($"Dead letter {letter.Id}", "/dead-letters", Html.Of($"""
            <p class="small"><a href="/dead-letters">Dead letters</a></p>
            <div class="head"><h1>Dead letter {letter.Id} {Layout.State(letter.State)}</h1></div>
            {ReplayBanner(letter, replay)}
            <div class="columns">
            {Why(letter)}
            {Coordinates(letter)}
            </div>
            {DeadLetterValue.Render(letter, view, shownBytes)}
            {Headers(letter, shownBytes)}
            {Attempts(letter)}
            {Exception(letter)}
            """));

    // The word in the address only says which message was asked for; it is shown only where the database says the same.
    private static Html ReplayBanner(DeadLetter letter, string? replay)
    {
        var last = letter.Attempts.LastOrDefault(attempt => attempt.Kind == "replay");
        return (replay, letter.State) switch
        {
            (ReplayResolved, DeadLetterStates.Resolved) => Html.Of($"""
                <p class="banner good" role="status"><strong>Resolved as {last?.Outcome ?? "stored"}.</strong> {last?.Sentence}</p>
                """),
            (ReplayStillDead, not DeadLetterStates.Resolved) when last is not null => Html.Of($"""
                <p class="banner bad" role="alert"><strong>Refused again:</strong> {last.Sentence ?? letter.Sentence}</p>
                """),
            (ReplayConflict, DeadLetterStates.Resolved) when letter.ResolvedAt is { } at => Html.Of($"""
                <p class="banner" role="alert"><strong>Nothing was replayed:</strong> it was already resolved at {Layout.Time(at)} UTC.</p>
                """),
            (ReplayConflict, not DeadLetterStates.Dead) => Html.Of($"""
                <p class="banner" role="alert"><strong>Nothing was replayed:</strong> {WhyNotReplayable(letter)}</p>
                """),
            (ReplayConflict, _) => Html.Of($"""
                <p class="banner" role="alert"><strong>Nothing was replayed:</strong> somebody else was at it. It can be replayed now.</p>
                """),
            _ => Html.Empty,
        };
    }

    private static Html Why(DeadLetter letter)
    {
        var reason = DeadLetterReasons.Of(letter.Reason);
        var place = (letter.JsonPath, letter.BytePosition) switch
        {
            ({ } path, { } at) => Html.Of($"""<p class="small">At <code>{path}</code>, byte {Layout.Count(at)}.</p>"""),
            ({ } path, null) => Html.Of($"""<p class="small">At <code>{path}</code>.</p>"""),
            (null, { } at) => Html.Of($"""<p class="small">At byte {Layout.Count(at)}, counted from 0.</p>"""),
            _ => Html.Empty,
        };
        return Html.Of($"""
            <section class="card"><p class="eyebrow">Reason</p><h2>{reason.Title} <code>{letter.Reason}</code></h2>
            <p class="break">{letter.Sentence}</p>{place}
            <h3>What to do</h3><p>{reason.Advice}</p>
            {Replay(letter)}</section>
            """);
    }

    private static Html Replay(DeadLetter letter) => letter.State == DeadLetterStates.Dead
        ? Html.Of($"""
            <form method="post" action="/dead-letters/{letter.Id}/replay"><button type="submit">Replay</button>
            <p class="small">Sends these bytes through ingest again with their original offset and time. However often it is pressed,
            the effect comes once. As a command: <code>bus dlq replay {letter.Id}</code></p></form>
            """)
        : Html.Of($"""<p class="note">Replay is not possible: {WhyNotReplayable(letter)}</p>""");

    private static Html WhyNotReplayable(DeadLetter letter) => letter.State switch
    {
        DeadLetterStates.Resolved when letter.ResolvedAt is { } at => Html.Of($"it was resolved at {Layout.Time(at)} UTC."),
        DeadLetterStates.Dismissed => Html.Of($"it is dismissed. Restore it first."),
        DeadLetterStates.Replaying => Html.Of($"a replay is working on it now."),
        DeadLetterStates.Redelivering => Html.Of($"it comes again by itself."),
        DeadLetterStates.Parked => Html.Of($"it waits behind an earlier record of its order and follows that."),
        _ => Html.Of($"its state is {letter.State}."),
    };

    private static Html Coordinates(DeadLetter letter)
    {
        var sent = RecordTime.Of(letter.RecordTimestamp) is { } time
            ? Html.Of($"""{Layout.Time(time)} UTC <span class="small">{letter.RecordTimestamp} ms</span>""")
            : Html.Of($"""{letter.RecordTimestamp} ms <span class="small">no date in the calendar</span>""");
        var resolved = letter.ResolvedAt is { } at ? Html.Of($"<div><dt>Resolved</dt><dd>{Layout.Time(at)} UTC</dd></div>") : Html.Empty;
        return Html.Of($"""
            <section class="card"><p class="eyebrow">Record</p>
            <h2 class="break">{letter.Topic}/{letter.Partition} at {letter.RecordOffset}</h2>
            <dl>
            <div><dt>Group</dt><dd class="break">{letter.GroupId}</dd></div>
            <div><dt>Topic</dt><dd class="break">{letter.Topic}</dd></div>
            <div><dt>Partition</dt><dd>{letter.Partition}</dd></div>
            <div><dt>Offset</dt><dd>{letter.RecordOffset}</dd></div>
            <div><dt>Epoch</dt><dd>{letter.Epoch}</dd></div>
            <div><dt>Timestamp</dt><dd>{sent}</dd></div>
            <div><dt>Key</dt><dd class="break">{Bytes(letter.Key, ShownKeyBytes)}</dd></div>
            <div><dt>Value</dt><dd>{(letter.Value is { } value ? Layout.Count(value.Length, "byte") : "null")}</dd></div>
            <div><dt>Recorded</dt><dd>{Layout.Time(letter.RecordedAt)} UTC</dd></div>
            {resolved}
            </dl></section>
            """);
    }

    private static Html Bytes(byte[]? bytes, int shown) => bytes switch
    {
        null => Html.Of($"""<span class="muted">null</span>"""),
        [] => Html.Of($"""<span class="muted">empty, 0 bytes</span>"""),
        _ when bytes.Length <= shown => Html.Of($"""<code>{VisibleText.Render(bytes, multiline: false)}</code>"""),
        _ => Html.Of($"""
            <code>{VisibleText.Render(bytes.AsSpan(0, shown), multiline: false)}</code>
            <span class="small">the first {Layout.Count(shown)} of {Layout.Count(bytes.Length)} bytes</span>
            """),
    };

    private static Html Headers(DeadLetter letter, int shownBytes)
    {
        if (letter.HeaderNames.Length == 0)
        {
            return Html.Of($"""<section class="card"><h2>Headers</h2><p class="nothing">The record had none.</p></section>""");
        }

        // A record may carry very many headers; together they may take no more room than the value.
        var room = shownBytes;
        var rows = new List<Html>();
        foreach (var (name, i) in letter.HeaderNames.Select((name, i) => (name, i)))
        {
            if (room <= 0)
            {
                rows.Add(Html.Of($"""
                    <tr><td colspan="2"><span class="muted">{Layout.Count(letter.HeaderNames.Length - i, "more header")}; all of them are in
                    <a href="/api/dead-letters/{letter.Id}">/api/dead-letters/{letter.Id}</a>.</span></td></tr>
                    """));
                break;
            }

            var value = letter.HeaderValues.ElementAtOrDefault(i);
            rows.Add(Html.Of($"""
                <tr><th scope="row" class="break"><code>{Cut(name)}</code></th>
                <td class="break">{Bytes(value, Math.Min(room, ShownKeyBytes))}</td></tr>
                """));
            room -= name.Length + (value?.Length ?? 0) + 1;
        }

        return Html.Of($"""
            <section class="card"><h2>Headers</h2>
            <table class="pairs"><thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
            <tbody>{rows}</tbody></table></section>
            """);
    }

    private static string Cut(string name) => name.Length <= ShownKeyBytes ? name : name[..ShownKeyBytes] + "…";

    private static Html Attempts(DeadLetter letter)
    {
        if (letter.Attempts.Count == 0)
        {
            return Html.Of($"""<section class="card"><h2>Attempts</h2><p class="nothing">None is recorded.</p></section>""");
        }

        var rows = letter.Attempts.Select(attempt => Html.Of($"""
            <tr><th scope="row" data-label="No." class="number">{attempt.Number}</th><td data-label="Kind">{attempt.Kind}</td>
            <td data-label="At (UTC)">{Layout.Time(attempt.AttemptedAt)}</td><td data-label="Outcome">{attempt.Outcome}</td>
            <td data-label="Why" class="break"><div>{attempt.Sentence}{(attempt.Reason is { } reason
                ? Html.Of($"""<span class="small"><code>{reason}</code></span>""")
                : Html.Empty)}</div></td>
            <td data-label="Asked for by" class="break">{attempt.Actor ?? "–"}</td></tr>
            """));
        return Html.Of($"""
            <section class="card"><h2>Attempts</h2>
            <table class="cards"><thead><tr><th scope="col" class="number">No.</th><th scope="col">Kind</th><th scope="col">At (UTC)</th>
            <th scope="col">Outcome</th><th scope="col">Why</th><th scope="col">Asked for by</th></tr></thead>
            <tbody>{rows}</tbody></table></section>
            """);
    }

    private static Html Exception(DeadLetter letter) => letter.Exception is { } exception
        ? Html.Of($"""
            <section class="card"><h2 id="exception">Exception</h2>
            <pre tabindex="0" role="region" aria-labelledby="exception">
            {exception}</pre></section>
            """)
        : Html.Empty;
}
