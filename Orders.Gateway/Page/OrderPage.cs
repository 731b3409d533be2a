using System.Globalization;
using Bus.Caching;
using Orders.Contracts;
using Orders.Gateway.Serving;

namespace Orders.Gateway.Page;

/// <summary>The page around an answer: head, search field, the states that are not an order, foot.</summary>
internal static class OrderPage
{
    private const string Example = "b563feb7b2b84b6test";

    public static void Render(HtmlWriter html, PageState state)
    {
        var title = state switch
        {
            PageState.Found => $"Order {state.Uid}",
            PageState.NotFound => $"No order {state.Uid} yet",
            PageState.Invalid => "Not an order uid",
            PageState.Unavailable => "Orders are unreachable",
            _ => "Look up an order",
        };
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title} · BusOrders</title>
            <link rel="icon" href="{PageAssets.Icon.Address}" type="image/svg+xml">
            <link rel="stylesheet" href="{PageAssets.Style.Address}">
            <script src="{PageAssets.Script.Address}" defer></script>
            </head>
            <body>
            <header class="site">
            <a class="brand" href="/"><img src="{PageAssets.Icon.Address}" alt="" width="28" height="28"><span>BusOrders</span></a>
            </header>
            <main>

            """);
        RenderForm(html, state);
        html.Write($"""
            <p id="announce" class="hidden-text" role="status"></p>
            <section id="answer" data-state="{state.Name}" data-uid="{state.Uid}" aria-label="Answer">

            """);
        RenderState(html, state);
        html.Write($"""
            </section>
            </main>
            </body>
            </html>

            """);
    }

    private static void RenderForm(HtmlWriter html, PageState state)
    {
        var fault = (state as PageState.Invalid)?.Fault;
        var describedBy = fault is null ? "uid-hint" : "uid-error uid-hint";
        html.Write($"""
            <search>
            <form id="lookup" action="/" method="get" class="lookup" novalidate>
            <h1><label for="uid">Look up an order</label></h1>
            <div class="field">
            <input id="uid" name="uid" type="text" value="{state.Uid}" placeholder="Order uid" required autocomplete="off"
             autocapitalize="none" autocorrect="off" spellcheck="false" enterkeyhint="search" aria-describedby="{describedBy}"
            """);
        // On the answer's page the answer comes first; a field that takes the focus would scroll past it on a phone.
        html.Write($" ");
        if (state is PageState.Start or PageState.Invalid)
        {
            html.Write($"autofocus ");
        }

        if (fault is not null)
        {
            html.Write($"aria-invalid=\"true\" ");
        }

        html.Write($"""
            >
            <button type="submit">Look up</button>
            </div>
            <div id="uid-fault">
            """);
        if (fault is not null)
        {
            html.Write($"""<p id="uid-error" class="error" role="alert"><strong>That is not an order uid.</strong> {fault}</p>""");
        }

        html.Write($"""
            </div>
            <p id="uid-hint" class="hint">A uid has {OrderUid.Rule}. A pasted link or an order’s JSON will do, too.
            Example: <a class="uid" href="/?uid={Example}">{Example}</a></p>
            </form>
            <div id="recent" class="recent" hidden><h2>Recent</h2><ul></ul><button type="button" class="quiet">Clear</button></div>
            </search>

            """);
    }

    private static void RenderState(HtmlWriter html, PageState state)
    {
        switch (state)
        {
            case PageState.Found found:
                OrderArticle.Render(html, found.Uid, found.Result.Value!.Body!);
                RenderProvenance(html, found.Result);
                break;
            case PageState.NotFound missing:
                html.Write($"""
                    <div class="panel" role="status">
                    <h2>No order <span class="uid">{missing.Uid}</span> yet</h2>
                    <p>Orders usually appear within a second of being sent. Check that the uid is complete; upper and lower case count.</p>
                    <p id="retry-note"></p>
                    <p><a class="button" href="/?uid={missing.Uid}">Look again</a></p>
                    </div>

                    """);
                RenderProvenance(html, missing.Result);
                break;
            case PageState.Unavailable outage:
                html.Write($"""
                    <div class="panel panel-bad" role="alert">
                    <h2>Orders are unreachable at present</h2>
                    <p>The service cannot tell whether order <span class="uid">{outage.Uid}</span> exists. Nothing is lost: what was sent
                    is kept and will be shown once the database answers again.</p>
                    <p><a class="button" href="/?uid={outage.Uid}">Try again</a></p>
                    <p class="small">If it lasts, report this trace id: <code class="uid" id="trace">{outage.TraceId}</code></p>
                    </div>

                    """);
                break;
        }
    }

    private static void RenderProvenance(HtmlWriter html, OrderLookupResult result)
    {
        var (from, level) = result.Source switch
        {
            CacheSource.L1 => ("this gateway’s memory", "L1"),
            CacheSource.L2 => ("Redis", "L2"),
            _ => ("the database", "DB"),
        };
        var took = result.Took.TotalMilliseconds < 0.01
            ? "under 0.01"
            : result.Took.TotalMilliseconds.ToString(result.Took.TotalMilliseconds < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);
        html.Write($"""<p class="provenance"><span class="level">{level}</span> Answered from {from} in {took} ms""");
        if (result.Value!.Version > 0)
        {
            html.Write($""" · version {result.Value.Version}""");
        }

        if (result.Value.Body is { } body)
        {
            html.Write($""" · {body.Length.ToString("N0", CultureInfo.InvariantCulture)} bytes""");
        }

        if (result.IsStale)
        {
            html.Write($""" · <strong class="stale">may be out of date</strong>: the database could not be asked""");
        }

        html.Write($"</p>\n");
    }
}
