using System.Globalization;
using System.Text.Json;
using Orders.Service.Failures;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>Dead letters for programs, the command among them.</summary>
internal static partial class DeadLetterApi
{
    private const string Bytes = "application/octet-stream";

    public static void MapDeadLetterApi(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/api/dead-letters", ListAsync);
        routes.MapRead("/api/dead-letters/{id}", ShowAsync);
        routes.MapRead("/api/dead-letters/{id}/value", ValueAsync);
        routes.MapPost("/api/dead-letters/{id}/replay", ReplayAsync);
    }

    /// <summary>A dead letter's id: a whole number from 1, without sign or blanks.</summary>
    internal static bool TryId(string text, out long id) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0;

    /// <summary>Has a dead letter replayed and says so in the log.</summary>
    internal static async Task<ReplayResult> RunReplayAsync(
        IDeadLetterReplay replay, ILoggerFactory loggers, long id, string actor, CancellationToken cancellationToken)
    {
        var result = await replay.ReplayAsync(id, actor, cancellationToken);
        LogReplay(loggers.CreateLogger(typeof(DeadLetterApi)), id, result.Status, result.Outcome, actor);
        return result;
    }

    private static async Task<IResult> ListAsync(HttpContext context, DeadLetterQueries queries)
    {
        var (filter, problem) = DeadLetterFilter.Parse(context.Request.Query);
        return problem is not null
            ? new ProblemAnswer(problem)
            : TypedResults.Json(
                DeadLetterListAnswer.Of(await queries.ListAsync(filter, context.RequestAborted)),
                OperationsJson.Default.DeadLetterListAnswer);
    }

    private static async Task<IResult> ShowAsync(string id, DeadLetterQueries queries, CancellationToken cancellationToken) =>
        !TryId(id, out var number) ? InvalidId(id)
        : await queries.FindAsync(number, cancellationToken) is { } letter
            ? TypedResults.Json(DeadLetterAnswer.Of(letter), OperationsJson.Default.DeadLetterAnswer)
            : new ProblemAnswer(Problem.NoSuchDeadLetter(id));

    // A record without a value has no content to give (204); an empty value is content of no bytes (200).
    private static async Task<IResult> ValueAsync(string id, DeadLetterQueries queries, CancellationToken cancellationToken) =>
        !TryId(id, out var number) ? InvalidId(id)
        : await queries.FindAsync(number, cancellationToken) is not { } letter ? new ProblemAnswer(Problem.NoSuchDeadLetter(id))
        : letter.Value is { } value
            ? TypedResults.Bytes(value, Bytes, string.Create(CultureInfo.InvariantCulture, $"dead-letter-{letter.Id}.bin"))
            : TypedResults.NoContent();

    private static async Task<IResult> ReplayAsync(string id, HttpContext context, IDeadLetterReplay replay, ILoggerFactory loggers)
    {
        if (!TryId(id, out var number))
        {
            return InvalidId(id);
        }

        if (await WhyBodyIsRefusedAsync(context.Request) is { } problem)
        {
            return new ProblemAnswer(problem);
        }

        var actor = Actor.Clean(context.Request.Headers[Actor.Header]);
        return ReplayAnswer.Answer(await RunReplayAsync(replay, loggers, number, actor, context.RequestAborted), id, context);
    }

    // The body carries nothing yet. It is checked all the same, so that what is sent today cannot come to mean something else later.
    private static async Task<Problem?> WhyBodyIsRefusedAsync(HttpRequest request)
    {
        if (request.ContentType is not null && !request.HasJsonContentType())
        {
            return Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType);
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length == 0)
        {
            return null;
        }

        if (request.ContentType is null)
        {
            return Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
            return document.RootElement.ValueKind == JsonValueKind.Object ? null : Malformed();
        }
        catch (JsonException)
        {
            return Malformed();
        }
    }

    private static Problem Malformed() => new(
        StatusCodes.Status400BadRequest, "malformed_body", "The body is not valid", "The body must be a JSON object, or be left out.");

    private static ProblemAnswer InvalidId(string id) => new(Problem.InvalidParameter(
        "id", $"'{(id.Length <= 20 ? id : id[..20] + "…")}' is no dead letter's id; it is a whole number from 1."));

    [LoggerMessage(7010, LogLevel.Information, "Replay of dead letter {Id} ended {Status} (outcome {Outcome}), asked for by {Actor}")]
    private static partial void LogReplay(ILogger logger, long id, ReplayStatus status, string? outcome, string actor);
}
