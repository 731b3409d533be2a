namespace Orders.Gateway.Serving;

/// <summary><c>/openapi/v1.json</c>, written by hand: the contract is more than signatures tell. A test holds the host to it.</summary>
internal static class ApiDescription
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly byte[] Description = Read("openapi.json");

    public static void MapApiDescription(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/openapi/v1.json", Methods, async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Description.Length;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(Description, context.RequestAborted);
            }
        });

    private static byte[] Read(string name)
    {
        using var stream = typeof(ApiDescription).Assembly.GetManifestResourceStream($"Orders.Gateway.Serving.{name}")
            ?? throw new InvalidOperationException($"The description '{name}' is not in the assembly.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
