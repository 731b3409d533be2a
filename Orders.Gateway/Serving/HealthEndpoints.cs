using System.Text.Json;
using Orders.Gateway.Following;
using Orders.Gateway.Priming;

namespace Orders.Gateway.Serving;

/// <summary>Live: the process answers. Startup and ready: the cache is primed. What is merely worse is a reason, not a refusal.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/health/live", Methods, context => WriteAsync(context, 200, "live", []));
        routes.MapMethods("/health/startup", Methods, context =>
        {
            var readiness = context.RequestServices.GetRequiredService<Readiness>();
            return WriteAsync(
                context, readiness.IsReady ? 200 : 503, readiness.IsReady ? "started" : "starting", Reasons(readiness.WaitsFor));
        });
        routes.MapMethods("/health/ready", Methods, context =>
        {
            var readiness = context.RequestServices.GetRequiredService<Readiness>();
            var freshness = context.RequestServices.GetRequiredService<Freshness>();
            var late = freshness.IsAssured ? null : $"the tail of order-events {freshness.State}";
            return WriteAsync(
                context, readiness.IsReady ? 200 : 503, readiness.IsReady ? "ready" : "not_ready", Reasons(readiness.WaitsFor, late));
        });
    }

    private static string[] Reasons(params string?[] reasons) => [.. reasons.OfType<string>()];

    private static async Task WriteAsync(HttpContext context, int status, string word, string[] reasons)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("status", word);
            json.WriteStartArray("reasons");
            foreach (var reason in reasons)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
        }
    }
}
