using System.Globalization;
using Microsoft.Extensions.Options;
using Orders.Gateway.Serving;

namespace Orders.Gateway.Page;

/// <summary><c>/</c> and, for who asks for HTML, <c>/order/{uid}</c>.</summary>
internal static class OrderPageEndpoint
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "object-src 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapOrderPage(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods, context =>
        {
            string? raw = context.Request.Query["uid"];
            if (string.IsNullOrEmpty(raw))
            {
                return WriteAsync(context, 200, new PageState.Start());
            }

            var uid = UidInput.Clean(raw);
            if (uid != raw && UidFault.Find(uid) is null)
            {
                // The address then names the order, and whatever else was pasted does not stay in the history.
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = "/?uid=" + uid;
                return Task.CompletedTask;
            }

            return ShowAsync(context, uid);
        });
        PageAssets.Map(routes);
    }

    /// <summary>The page for what was asked for, in whatever state that ends.</summary>
    public static async Task ShowAsync(HttpContext context, string uid)
    {
        if (UidFault.Find(uid) is { } fault)
        {
            await WriteAsync(context, 400, new PageState.Invalid(uid, fault));
            return;
        }

        var lookup = context.RequestServices.GetRequiredService<OrderLookup>();
        var result = await lookup.FindAsync(uid, atLeast: 0, context.RequestAborted);
        if (result.Value is null)
        {
            var retryAfter = context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.RetryAfter;
            var seconds = (int)Math.Ceiling(retryAfter.TotalSeconds);
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await WriteAsync(context, 503, new PageState.Unavailable(uid, Problems.TraceId(context), seconds));
            return;
        }

        context.Response.Headers["X-Cache"] = result.Level;
        context.Response.Headers["Server-Timing"] = result.Timing;
        await (result.Value.Body is null
            ? WriteAsync(context, 404, new PageState.NotFound(uid, result))
            : WriteAsync(context, 200, new PageState.Found(uid, result)));
    }

    private static async Task WriteAsync(HttpContext context, int status, PageState state)
    {
        var html = new HtmlWriter();
        OrderPage.Render(html, state);
        var body = html.ToUtf8();
        var response = context.Response;
        SetSecurityHeaders(response);
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.Vary = "Accept";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static void SetSecurityHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
