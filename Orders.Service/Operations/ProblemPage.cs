using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations;

/// <summary>An error as a page.</summary>
internal static class ProblemPage
{
    public static Html Render(Problem problem) => Layout.Page(problem.Title, "", Html.Of($"""
        <section class="card problem">
        <p class="eyebrow">{problem.Status}</p>
        <h1>{problem.Title}</h1>
        <p>{problem.Detail}</p>
        <p class="actions"><a class="button" href="/">Overview</a> <a href="/dead-letters">Dead letters</a></p>
        <p class="small">Code <code>{problem.Code}</code>, trace id <code>{problem.TraceId}</code></p>
        </section>
        """));
}
