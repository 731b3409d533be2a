using System.Security.Cryptography;

namespace Orders.Gateway.Page;

/// <summary>The page's style, script and icon, out of the assembly; their addresses carry a hash, so they may be kept for ever.</summary>
internal static class PageAssets
{
    private const int MaxAgeSeconds = 31_536_000;
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static Asset Style { get; } = Load("page.css", "text/css; charset=utf-8");

    public static Asset Script { get; } = Load("page.js", "text/javascript; charset=utf-8");

    public static Asset Icon { get; } = Load("icon.svg", "image/svg+xml");

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var asset in (Asset[])[Style, Script, Icon])
        {
            routes.MapMethods(asset.Path, Methods, context => WriteAsync(context, asset));
        }
    }

    private static async Task WriteAsync(HttpContext context, Asset asset)
    {
        var response = context.Response;
        OrderPageEndpoint.SetSecurityHeaders(response);
        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Content.Length;
        response.Headers.CacheControl = $"public, max-age={MaxAgeSeconds}, immutable";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(asset.Content, context.RequestAborted);
        }
    }

    private static Asset Load(string name, string contentType)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"Orders.Gateway.Page.{name}")
            ?? throw new InvalidOperationException($"The asset '{name}' is not in the assembly.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var content = bytes.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..8];
        return new Asset($"/assets/{name}", $"/assets/{name}?v={hash}", contentType, content);
    }

    internal sealed record Asset(string Path, string Address, string ContentType, byte[] Content);
}
