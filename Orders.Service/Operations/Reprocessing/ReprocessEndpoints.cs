using System.Text.Json;
using Bus.Storage.Reprocessing;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Operations.DeadLetters;
using Orders.Service.Reprocessing;

namespace Orders.Service.Operations.Reprocessing;

/// <summary>Starts, shows and ends jobs that run a range of the topic through ingest again.</summary>
internal static class ReprocessEndpoints
{
    public static void MapReprocess(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/ingest/reprocess", StartAsync);
        routes.MapRead("/api/ingest/reprocess/{id}", async (
            string id, [FromServices] NpgsqlDataSource database, [FromServices] ReprocessWorker worker, CancellationToken cancellationToken) =>
            await ShowAsync(id, database, worker, cancellationToken));
        routes.MapPost("/api/ingest/reprocess/{id}/cancel", CancelAsync);
    }

    private static async Task<IResult> StartAsync(
        HttpContext context, [FromServices] ReprocessStart start, [FromServices] NpgsqlDataSource database, [FromServices] ReprocessWorker worker)
    {
        var cancellationToken = context.RequestAborted;
        var (body, problem) = await ReadAsync(context.Request, cancellationToken);
        if (problem is not null)
        {
            return new ProblemAnswer(problem);
        }

        if (!OffsetBound.TryParse(body!.From, out var from))
        {
            return new ProblemAnswer(InvalidBound("from", body.From));
        }

        if (!OffsetBound.TryParse(body.To, out var to))
        {
            return new ProblemAnswer(InvalidBound("to", body.To));
        }

        var actor = Actor.Clean(context.Request.Headers[Actor.Header]);
        var (id, refusal, sentence) = await start.StartAsync(from, to, body.Partition, body.Force, actor, cancellationToken);
        return id is { } number
            ? await ShowAsync(number, database, worker, StatusCodes.Status202Accepted, cancellationToken)
            : new ProblemAnswer(refusal switch
            {
                ReprocessRefusal.Running => new(StatusCodes.Status409Conflict, "reprocess_running", "Another range is being reprocessed", sentence),
                ReprocessRefusal.Kafka => new(StatusCodes.Status503ServiceUnavailable, "kafka_unavailable", "Kafka is not available", sentence),
                _ => new(StatusCodes.Status422UnprocessableEntity, "range_refused", "The range cannot be reprocessed", sentence),
            });
    }

    private static async Task<IResult> CancelAsync(
        string id, [FromServices] NpgsqlDataSource database, [FromServices] ReprocessWorker worker, CancellationToken cancellationToken)
    {
        if (DeadLetterApi.TryId(id, out var number))
        {
            await Reprocesses.EndAsync(database, number, ReprocessStates.Cancelled, problem: null, cancellationToken);
        }

        return await ShowAsync(id, database, worker, cancellationToken);
    }

    private static async Task<IResult> ShowAsync(string id, NpgsqlDataSource database, ReprocessWorker worker, CancellationToken cancellationToken) =>
        DeadLetterApi.TryId(id, out var number)
            ? await ShowAsync(number, database, worker, StatusCodes.Status200OK, cancellationToken)
            : new ProblemAnswer(NotFound(id));

    private static async Task<IResult> ShowAsync(
        long id, NpgsqlDataSource database, ReprocessWorker worker, int status, CancellationToken cancellationToken) =>
        await Reprocesses.FindAsync(database, id, Topics.Orders, cancellationToken) is { } job
            ? TypedResults.Json(ReprocessAnswer.Of(job, worker.Trouble), OperationsJson.Default.ReprocessAnswer, statusCode: status)
            : new ProblemAnswer(NotFound($"{id}"));

    private static async Task<(ReprocessBody? Body, Problem? Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            return (null, Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType));
        }

        try
        {
            if (await JsonSerializer.DeserializeAsync(request.Body, OperationsJson.Default.ReprocessBody, cancellationToken) is { } body)
            {
                return (body, null);
            }
        }
        catch (JsonException)
        {
            // Said below, as for null.
        }

        return (null, new Problem(
            StatusCodes.Status400BadRequest,
            "malformed_body",
            "The body is not valid",
            """Send a JSON object such as {"from":"start","to":"end","partition":3,"force":false}; the last two may be left out, nothing else is known."""));
    }

    private static Problem InvalidBound(string name, string? text) => Problem.InvalidParameter(
        name, $"'{(text is { Length: > 40 } ? text[..40] + "…" : text)}' is no bound of a range: {OffsetBound.Form}.");

    private static Problem NotFound(string id) => new(
        StatusCodes.Status404NotFound, "reprocess_not_found", "No such reprocess", $"There is no reprocess {(id.Length <= 20 ? id : id[..20] + "…")}.");
}
