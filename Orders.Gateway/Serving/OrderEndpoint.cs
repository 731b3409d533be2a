using Bus.Caching;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Orders.Contracts;
using Orders.Gateway.Following;
using Orders.Gateway.Page;

namespace Orders.Gateway.Serving;

/// <summary>
/// <c>GET|HEAD /order/{uid}</c>. A middleware that ends the pipeline, not a routed handler: what L1 holds goes out as it lies there, with
/// no route to match, nothing to bind and nothing to allocate.
/// </summary>
internal sealed class OrderEndpoint(
    RequestDelegate next,
    TieredCache cache,
    Freshness freshness,
    OrderLookup lookup,
    IOptions<GatewayOptions> options,
    ILogger<OrderEndpoint> logger)
{
    private const string Prefix = "/order/";

    private static readonly StringValues Json = "application/json";
    private static readonly StringValues CacheControl = "private, no-cache";
    private static readonly StringValues Vary = "Accept";
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues FromL1 = "L1";
    private static readonly StringValues TimingL1 = "l1;desc=hit";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        if (path is null || !path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return next(context);
        }

        var uid = path.AsSpan(Prefix.Length);
        if (HttpMethods.IsGet(context.Request.Method)
            && OrderUid.IsValid(uid)
            && freshness.IsAssured
            && cache.TryGetLocal(uid, out var value)
            && value.Body is { } body
            && context.Request.Headers.IfNoneMatch.Count == 0
            && !Negotiation.WantsPage(context.Request.Headers.Accept))
        {
            SetHeaders(context.Response, value, FromL1, TimingL1);
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body, 0, body.Length);
        }

        return InvokeSlowAsync(context, uid.ToString());
    }

    private async Task InvokeSlowAsync(HttpContext context, string uid)
    {
        try
        {
            // Nothing lies below an order, and the address of orders as such is not an order with an empty name.
            await (uid.Length == 0 || uid.Contains('/') ? next(context) : AnswerAsync(context, uid));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader has left; there is nobody to answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(logger, exception, Problems.TraceId(context));
            context.Response.Clear();
            await Problems.Internal(context);
        }
    }

    private Task AnswerAsync(HttpContext context, string uid)
    {
        var request = context.Request;
        if (HttpMethods.IsOptions(request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = Problems.AllowedMethods;
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return Problems.MethodNotAllowed(context);
        }

        context.Response.Headers.Vary = Vary;
        if (Negotiation.WantsPage(request.Headers.Accept))
        {
            return OrderPageEndpoint.ShowAsync(context, uid);
        }

        return UidFault.Find(uid) is { } fault ? Problems.InvalidUid(context, fault) : AnswerValidAsync(context, uid);
    }

    private async Task AnswerValidAsync(HttpContext context, string uid)
    {
        var seen = context.Request.Headers.IfNoneMatch;
        var result = await lookup.FindAsync(uid, Negotiation.HighestVersion(seen), context.RequestAborted);
        if (result.Value is not { } value)
        {
            await Problems.Unavailable(context, options.Value.RetryAfter);
            return;
        }

        SetHeaders(context.Response, value, result.Level, result.Timing);
        if (result.IsStale)
        {
            context.Response.Headers["X-Data-Freshness"] = "stale";
        }

        if (value.Body is not { } body)
        {
            context.Response.Headers.Remove("ETag");
            await Problems.OrderNotFound(context, uid);
            return;
        }

        if (Negotiation.Matches(seen, value.Tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            context.Response.ContentType = null;
            return;
        }

        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static void SetHeaders(HttpResponse response, CachedValue value, StringValues level, StringValues timing)
    {
        var headers = response.Headers;
        headers.ContentType = Json;
        headers.ETag = value.Tag;
        headers.CacheControl = CacheControl;
        headers.Vary = Vary;
        headers.XContentTypeOptions = NoSniff;
        headers["X-Cache"] = level;
        headers["Server-Timing"] = timing;
    }
}
