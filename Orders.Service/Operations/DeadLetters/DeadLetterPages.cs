using System.Globalization;
using Microsoft.Extensions.Options;
using Orders.Service.Failures;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>Dead letters for people: the list, each one's page, and the replay button.</summary>
internal static class DeadLetterPages
{
    public static void MapDeadLetterPages(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/dead-letters", ListAsync);
        routes.MapRead("/dead-letters/{id}", ShowAsync);
        routes.MapPost("/dead-letters/{id}/replay", ReplayAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, DeadLetterQueries queries, TimeProvider clock)
    {
        var (filter, problem) = DeadLetterFilter.Parse(context.Request.Query);
        var page = problem is null ? await queries.ListAsync(filter, context.RequestAborted) : new DeadLetterPageOfLines([], null);
        return Layout.Answer(
            DeadLetterListPage.Render(filter, page, problem, clock.GetUtcNow().UtcDateTime), problem?.Status ?? StatusCodes.Status200OK);
    }

    private static async Task<IResult> ShowAsync(
        string id, HttpContext context, DeadLetterQueries queries, IOptions<OperationsOptions> options)
    {
        var query = context.Request.Query;
        return DeadLetterApi.TryId(id, out var number) && await queries.FindAsync(number, context.RequestAborted) is { } letter
            ? Layout.Answer(DeadLetterPage.Render(letter, query["view"], query["replay"], options.Value.ShownValueBytes))
            : new ProblemAnswer(Problem.NoSuchDeadLetter(id));
    }

    // The result goes into the address as one word and the page takes the rest from the database: an address made by somebody
    // else can then not make the page say what did not happen. See Other, so that a reload does not replay again.
    private static async Task<IResult> ReplayAsync(string id, HttpContext context, IDeadLetterReplay replay, ILoggerFactory loggers)
    {
        if (!DeadLetterApi.TryId(id, out var number))
        {
            return new ProblemAnswer(Problem.NoSuchDeadLetter(id));
        }

        var result = await DeadLetterApi.RunReplayAsync(replay, loggers, number, Actor.Page, context.RequestAborted);
        if (result.Status == ReplayStatus.NotFound)
        {
            return new ProblemAnswer(Problem.NoSuchDeadLetter(id));
        }

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location =
            string.Create(CultureInfo.InvariantCulture, $"/dead-letters/{number}?replay={Word(result.Status)}");
        return TypedResults.Empty;
    }

    private static string Word(ReplayStatus status) => status switch
    {
        ReplayStatus.Resolved => DeadLetterPage.ReplayResolved,
        ReplayStatus.StillDead => DeadLetterPage.ReplayStillDead,
        _ => DeadLetterPage.ReplayConflict,
    };
}
