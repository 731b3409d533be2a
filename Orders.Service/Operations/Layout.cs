using System.Globalization;
using System.Text;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations;

/// <summary>The frame around every page, and the small parts that look the same on all of them.</summary>
internal static class Layout
{
    /// <summary>A finished page as an answer.</summary>
    public static IResult Answer(Html page, int status = StatusCodes.Status200OK) =>
        TypedResults.Text(page.ToString(), "text/html; charset=utf-8", Encoding.UTF8, status);

    /// <summary>A page.</summary>
    /// <param name="title">The window's title; the page's own heading is in <paramref name="main"/>.</param>
    /// <param name="section">The address in the navigation the page belongs to.</param>
    /// <param name="main">What the page shows.</param>
    public static Html Page(string title, string section, Html main) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title} · BusOrders operations</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="{Stylesheet.Path}">
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
        <div class="bar">
        <a class="brand" href="/">BusOrders <span>operations</span></a>
        <nav aria-label="Pages">{Link("/", "Overview", section)}{Link("/dead-letters", "Dead letters", section)}</nav>
        </div>
        </header>
        <main id="main">
        {main}
        </main>
        </body>
        </html>

        """);

    /// <summary>A point in time, to the second, in UTC.</summary>
    public static Html Time(DateTime utc)
    {
        var exact = utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return Html.Of($"""<time datetime="{exact}">{utc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}</time>""");
    }

    /// <summary>How long ago, in the largest unit that fits: <c>4 min</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "under 1 s",
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalMinutes)} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalHours)} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalDays):N0} days"),
    };

    /// <summary>A count with its thousands told apart.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun: <c>1 byte</c>, <c>835 bytes</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>A dead letter's state; the word carries the meaning, the colour only helps.</summary>
    public static Html State(string state) => Html.Of($"""<span class="state {state}">{state}</span>""");

    private static Html Link(string address, string text, string section) => string.Equals(address, section, StringComparison.Ordinal)
        ? Html.Of($"""<a href="{address}" aria-current="page">{text}</a>""")
        : Html.Of($"""<a href="{address}">{text}</a>""");
}
