using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Orders.Contracts;

namespace Orders.Gateway.Serving;

/// <summary>Every error as problem+json (RFC 9457) with a stable <c>code</c> and the request's W3C trace id.</summary>
internal static class Problems
{
    public const string AllowedMethods = "GET, HEAD, OPTIONS";

    public static Task InvalidUid(HttpContext context, string fault) => WriteAsync(
        context, 400, "invalid_order_uid", "The order uid is not valid", $"{fault} A uid has {OrderUid.Rule}.", param: "uid");

    public static Task OrderNotFound(HttpContext context, string uid) => WriteAsync(
        context, 404, "order_not_found", "There is no such order", $"There is no order {uid}, or not yet, or no longer.");

    public static Task Unavailable(HttpContext context, TimeSpan retryAfter)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, 503, "orders_unavailable", "Orders cannot be read at present",
            "Neither the cache nor the database can tell whether the order exists. Try again; nothing is lost.");
    }

    public static Task MethodNotAllowed(HttpContext context)
    {
        context.Response.Headers.Allow = AllowedMethods;
        return WriteAsync(context, 405, "method_not_allowed", "The method is not allowed", $"Allowed are {AllowedMethods}.");
    }

    public static Task Internal(HttpContext context) => WriteAsync(
        context, 500, "internal_error", "The request failed",
        "An error that was not foreseen; the trace id finds it in the gateway's log.");

    /// <summary>The caller's trace id, when it sent one; else a new one.</summary>
    public static string TraceId(HttpContext context)
    {
        const string Item = "trace-id";
        if (context.Items.TryGetValue(Item, out var known))
        {
            return (string)known!;
        }

        var traceId = ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var parent)
            ? parent.TraceId.ToHexString()
            : ActivityTraceId.CreateRandom().ToHexString();
        context.Items[Item] = traceId;
        return traceId;
    }

    /// <summary>Errors of everything that is not an order: exceptions, unknown addresses, wrong methods.</summary>
    public static IApplicationBuilder UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            AllowStatusCode404Response = true,
            SuppressDiagnosticsCallback = _ => true,
            ExceptionHandler = context =>
            {
                var failure = context.Features.Get<IExceptionHandlerFeature>()!.Error;
                if (failure is BadHttpRequestException bad)
                {
                    return ByStatus(context, bad.StatusCode);
                }

                Log.RequestFailed(app.Logger, failure, TraceId(context));
                return Internal(context);
            },
        });
        app.UseStatusCodePages(page => ByStatus(page.HttpContext, page.HttpContext.Response.StatusCode));
        return app.UseRouting();
    }

    private static Task ByStatus(HttpContext context, int status) => status switch
    {
        404 => WriteAsync(
            context, 404, "route_not_found", "There is nothing at this address", "Orders are at /order/{uid}, the page is at /."),
        405 => MethodNotAllowed(context),
        413 => WriteAsync(context, 413, "body_too_large", "The request's body is too large", "No address here takes a body."),
        _ => WriteAsync(context, status, "request_refused", "The request was refused", "The request is not one this address takes."),
    };

    private static async Task WriteAsync(HttpContext context, int status, string code, string title, string detail, string? param = null)
    {
        var traceId = TraceId(context);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Request-Id"] = traceId;

        var body = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", "/problems/" + code.Replace('_', '-'));
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteString("code", code);
            if (param is not null)
            {
                json.WriteString("param", param);
            }

            json.WriteString("traceId", traceId);
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
        }
    }
}
