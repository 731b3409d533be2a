using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Orders.Service.Operations;

/// <summary>
/// Gives every response its security headers and every error its shape: nothing leaves the port without them, and no stack trace,
/// statement or host name leaves it at all.
/// </summary>
internal sealed partial class ResponseGuard(RequestDelegate next, ILogger<ResponseGuard> logger)
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "object-src 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string CannotBeReached =
        "Postgres cannot be reached or refuses connections. Records wait in Kafka meanwhile; nothing is lost. "
        + "To see what is wrong: bus status.";

    public async Task InvokeAsync(HttpContext context)
    {
        // Without a listener or a log the framework starts none, and an error would have no id to be found by.
        using var activity = Activity.Current is null ? new Activity("operations").Start() : null;
        SetHeaders(context.Response.Headers);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            SetHeaders(context.Response.Headers);
            await new ProblemAnswer(Classify(exception)).ExecuteAsync(context);
            return;
        }

        // The framework's own answers (no such route, wrong method) come without a body.
        var answer = context.Response;
        if (answer is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest, ContentLength: null, ContentType: null })
        {
            await new ProblemAnswer(Problem.OfStatus(context.Response.StatusCode)).ExecuteAsync(context);
        }
    }

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private Problem Classify(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case BadHttpRequestException bad:
                    return Problem.OfStatus(bad.StatusCode);
                case PostgresException { SqlState: PostgresErrorCodes.QueryCanceled }:
                case TimeoutException:
                case OperationCanceledException:
                    LogDatabase(logger, cause.GetType().Name, null);
                    return DatabaseUnavailable(
                        "Postgres did not answer in time. Narrow the filter; if that does not help, look at the database's load.");
                case PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName } postgres:
                    LogDatabase(logger, "PostgresException", postgres.SqlState);
                    return DatabaseUnavailable(
                        "Postgres answers, but the service's tables are not there. Run the migrations: bus migrate.");
                case PostgresException postgres when !IsConnectionLevel(postgres.SqlState):
                    LogUnexpected(logger, exception);
                    return Problem.OfStatus(StatusCodes.Status500InternalServerError);
                case NpgsqlException { InnerException: TimeoutException }:
                    continue;
                case NpgsqlException npgsql:
                    LogDatabase(logger, npgsql.GetType().Name, npgsql.SqlState);
                    return DatabaseUnavailable(CannotBeReached);
                case SocketException socket:
                    LogDatabase(logger, socket.SocketErrorCode.ToString(), null);
                    return DatabaseUnavailable(CannotBeReached);
            }
        }

        LogUnexpected(logger, exception);
        return Problem.OfStatus(StatusCodes.Status500InternalServerError);
    }

    // Connection, authorization, database name, resources, operator intervention: the database as a whole, not this statement.
    private static bool IsConnectionLevel(string sqlState) =>
        sqlState[..2] is "08" or "28" or "3D" or "53" or "57";

    private static Problem DatabaseUnavailable(string detail) =>
        new(StatusCodes.Status503ServiceUnavailable, "database_unavailable", "The database is not available", detail);

    [LoggerMessage(7003, LogLevel.Warning, "A page could not be shown: the database is not available ({Error}, SQLSTATE {SqlState})")]
    private static partial void LogDatabase(ILogger logger, string error, string? sqlState);

    [LoggerMessage(7004, LogLevel.Error, "A request to the operations port failed")]
    private static partial void LogUnexpected(ILogger logger, Exception exception);
}
