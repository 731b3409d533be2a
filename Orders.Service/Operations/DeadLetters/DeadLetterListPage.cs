using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>The list of dead letters, newest first, with its filter in the address.</summary>
internal static class DeadLetterListPage
{
    public static Html Render(DeadLetterFilter filter, DeadLetterPageOfLines page, Problem? problem, DateTime now) =>
        Layout.Page("Dead letters", "/dead-letters", Html.Of($"""
            <div class="head"><h1>Dead letters</h1>
            <p class="small">Records that could not be stored, kept byte for byte. None is deleted before it is resolved or dismissed.</p>
            </div>
            {Form(filter, problem)}
            {(problem is not null ? Html.Empty : page.Lines.Count == 0 ? Nothing(filter) : Table(page, now))}
            {(problem is null ? Pager(filter, page) : Html.Empty)}
            """));

    private static Html Form(DeadLetterFilter filter, Problem? problem)
    {
        var states = DeadLetterFilter.States.Select(state => Option(state, state, filter.State));
        var known = DeadLetterReasons.Codes;
        var codes = filter.Reason is null || known.Contains(filter.Reason) ? known : [filter.Reason, .. known];
        var reasons = codes.Select(code => Option(code, code, filter.Reason));
        var uidIsWrong = problem?.Param == "uid" ? Html.Of($"""aria-invalid="true" aria-describedby="filter-error" """) : Html.Empty;
        var clear = filter.Narrows || problem is not null ? Html.Of($"""<a href="/dead-letters">Clear</a>""") : Html.Empty;
        var error = problem is null
            ? Html.Empty
            : Html.Of($"""<p class="error-text" id="filter-error" role="alert">{problem.Detail}</p>""");
        return Html.Of($"""
            <form class="card filter" method="get" action="/dead-letters" aria-label="Filter">
            <label>State<select name="state"><option value="">all</option>{states}</select></label>
            <label>Reason<select name="reason"><option value="">all</option>{reasons}</select></label>
            <label>Order uid<input name="uid" value="{filter.Uid}" autocomplete="off" spellcheck="false" {uidIsWrong}></label>
            <div class="actions"><button type="submit">Filter</button>{clear}</div>
            {error}
            </form>
            """);
    }

    private static Html Option(string value, string text, string? selected) => string.Equals(value, selected, StringComparison.Ordinal)
        ? Html.Of($"""<option value="{value}" selected>{text}</option>""")
        : Html.Of($"""<option value="{value}">{text}</option>""");

    private static Html Nothing(DeadLetterFilter filter) => filter.Narrows || filter.After is not null
        ? Html.Of($"""
            <section class="card empty"><h2>No dead letter matches</h2>
            <p>Nothing fits this filter{(filter.After is null ? "" : " further back")}.
            <a href="/dead-letters">Show all dead letters</a></p></section>
            """)
        : Html.Of($"""
            <section class="card empty"><h2>No dead letters</h2>
            <p>Every record read so far could be stored or was recognised.
            When one cannot be, it appears here with its bytes and the reason.</p></section>
            """);

    private static Html Table(DeadLetterPageOfLines page, DateTime now) => Html.Of($"""
        <section class="card flush">
        <table class="cards"><caption class="hidden">Dead letters, newest first</caption>
        <thead><tr><th scope="col">Id</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col">Order</th>
        <th scope="col">Record</th><th scope="col" class="number">Value</th><th scope="col">Recorded (UTC)</th></tr></thead>
        <tbody>{page.Lines.Select(line => Row(line, now))}</tbody></table></section>
        """);

    private static Html Row(DeadLetterLine line, DateTime now) => Html.Of($"""
        <tr><th scope="row" data-label="Id"><a href="/dead-letters/{line.Id}">{line.Id}</a></th>
        <td data-label="State">{Layout.State(line.State)}</td>
        <td data-label="Reason">
        <div>{DeadLetterReasons.Of(line.Reason).Title}<span class="small"><code>{line.Reason}</code></span></div></td>
        <td data-label="Order">{Key(line)}</td>
        <td data-label="Record">
        <div class="break">{line.Topic}/{line.Partition}<span class="small">offset {line.Offset}, epoch {line.Epoch}</span></div></td>
        <td data-label="Value" class="number">{Size(line.ValueBytes)}</td>
        <td data-label="Recorded">
        <div>{Layout.Time(line.RecordedAt)}<span class="small">{Layout.Span(now - line.RecordedAt)} ago</span></div></td></tr>
        """);

    private static Html Key(DeadLetterLine line) => line switch
    {
        { Uid: { } uid } => Html.Of($"""<code class="break">{uid}</code>"""),
        { KeyBytes: { } bytes } => Html.Of($"""<span class="muted">no uid: a key of {Layout.Count(bytes, "byte")}</span>"""),
        _ => Html.Of($"""<span class="muted">no key</span>"""),
    };

    private static string Size(int? bytes) => bytes is { } size ? Layout.Count(size) + " B" : "null";

    private static Html Pager(DeadLetterFilter filter, DeadLetterPageOfLines page)
    {
        var newest = filter.After is null ? Html.Empty : Html.Of($"""<a href="{filter.Address(null)}">Newest</a>""");
        var older = page.Next is { } next
            ? Html.Of($"""<a class="button" rel="next" href="{filter.Address(next)}">Older</a>""")
            : Html.Empty;
        return Html.Of($"""<nav class="pager" aria-label="Pages of the list">{newest}{older}</nav>""");
    }
}
