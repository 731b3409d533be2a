using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Operations.DeadLetters;

namespace Orders.Service.Operations.Pausing;

/// <summary>What the ingest endpoints answer: whether the topic is ingested, and what the request changed.</summary>
internal sealed record IngestAnswer(string Schema, string Topic, string State, bool Changed, DateTime? Since, string? Actor, string? Reason)
{
    public static IngestAnswer Of(IngestPause pause, bool changed) => new(
        "busorders/ingest/1",
        Topics.Orders,
        pause.Current is null ? "running" : "paused",
        changed,
        pause.Current?.Since,
        pause.Current?.Actor,
        pause.Current?.Reason);
}

/// <summary>Pause and resume, for programs and for the overview's button.</summary>
internal static class IngestEndpoints
{
    public const string ResumePath = "/ingest/resume";
    public const string PausePath = "/ingest/pause";
    private const int MaxReason = 200;
    private const string NoReason = "no reason given";

    public static void MapIngest(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/api/ingest", ([FromServices] IngestPause pause) => Answer(pause, changed: false));
        routes.MapPost("/api/ingest/pause", async (HttpContext context, [FromServices] IngestPause pause) =>
            Answer(pause, await pause.PauseAsync(ActorOf(context), ReasonOf(context), context.RequestAborted)));
        routes.MapPost("/api/ingest/resume", async (HttpContext context, [FromServices] IngestPause pause) =>
            Answer(pause, await pause.ResumeAsync(ActorOf(context), ReasonOf(context), context.RequestAborted)));

        // See Other, so that a reload does not ask again.
        routes.MapPost(PausePath, async (HttpContext context, [FromServices] IngestPause pause) =>
        {
            await pause.PauseAsync(Actor.Page, NoReason, context.RequestAborted);
            return ToOverview(context);
        });
        routes.MapPost(ResumePath, async (HttpContext context, [FromServices] IngestPause pause) =>
        {
            await pause.ResumeAsync(Actor.Page, NoReason, context.RequestAborted);
            return ToOverview(context);
        });
    }

    private static JsonHttpResult<IngestAnswer> Answer(IngestPause pause, bool changed) =>
        TypedResults.Json(IngestAnswer.Of(pause, changed), OperationsJson.Default.IngestAnswer);

    private static string ActorOf(HttpContext context) => Actor.Clean(context.Request.Headers[Actor.Header]);

    /// <summary>The query's <c>reason</c>, in a form that any column and terminal takes.</summary>
    private static string ReasonOf(HttpContext context)
    {
        var reason = FailureText.Clean(context.Request.Query["reason"].ToString().Trim().ReplaceLineEndings(" "), MaxReason);
        return reason.Length == 0 ? NoReason : reason;
    }

    private static EmptyHttpResult ToOverview(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/";
        return TypedResults.Empty;
    }
}
