using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Orders.Service.Operations;

/// <summary>
/// Lets through what was meant for this port: a Host that only this machine can have been asked under (another name means that a foreign
/// page had its own name resolve to loopback), and changes only from this port's own pages or from programs that are no browser.
/// </summary>
internal sealed partial class RequestGuard(RequestDelegate next, IOptions<OperationsOptions> options, ILogger<RequestGuard> logger)
{
    private static readonly string[] LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    private readonly string _ownHost = OperationsAddress.Parse(options.Value.Url).Address?.Host ?? "";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsAllowedHost(request.Host.Host, _ownHost))
        {
            LogForeignHost(logger);
            return new ProblemAnswer(new Problem(
                StatusCodes.Status400BadRequest, "host_not_allowed", "This name is not served here",
                "The operations port answers only under localhost, 127.0.0.1, [::1] or the host of Operations:Url.")).ExecuteAsync(context);
        }

        if (WhyCrossSite(request) is { } why)
        {
            LogCrossSite(logger, why);
            return new ProblemAnswer(new Problem(
                StatusCodes.Status403Forbidden, "cross_site_request", "Refused: the request comes from another site",
                $"Changes are taken only from this port's own pages and from programs; this request has {why}.")).ExecuteAsync(context);
        }

        return next(context);
    }

    /// <summary>Whether the port answers under <paramref name="host"/>. The port number is left out: a tunnel may have its own.</summary>
    internal static bool IsAllowedHost(string host, string ownHost) =>
        host.Length > 0
        && (LoopbackNames.Contains(host, StringComparer.OrdinalIgnoreCase)
            || string.Equals(host, ownHost, StringComparison.OrdinalIgnoreCase));

    /// <summary>Why a request that may change something is taken for another site's; null when it is not.</summary>
    internal static string? WhyCrossSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        {
            return null;
        }

        // Browsers set this header themselves and no page can change it, so where it is present it decides.
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site))
        {
            return site.ToString() is "same-origin" or "none" ? null : "a Sec-Fetch-Site other than same-origin";
        }

        // Without either header it is no browser that could have been tricked.
        return request.Headers.TryGetValue(HeaderNames.Origin, out var origin)
            && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)
            ? "an Origin other than this port's"
            : null;
    }

    [LoggerMessage(7001, LogLevel.Warning, "Refused a request under a host name that is not this port's")]
    private static partial void LogForeignHost(ILogger logger);

    [LoggerMessage(7002, LogLevel.Warning, "Refused a request from another site: it has {Why}")]
    private static partial void LogCrossSite(ILogger logger, string why);
}
