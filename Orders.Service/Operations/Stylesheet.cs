namespace Orders.Service.Operations;

/// <summary>The one stylesheet, out of the assembly: the port needs no files beside it.</summary>
internal static class Stylesheet
{
    /// <summary>Its address.</summary>
    public const string Path = "/operations.css";

    public static void Map(IEndpointRouteBuilder routes)
    {
        using var stream = typeof(Stylesheet).Assembly.GetManifestResourceStream("Orders.Service.Operations.operations.css")
            ?? throw new InvalidOperationException("The resource 'operations.css' is not in the assembly.");
        using var reader = new StreamReader(stream);
        var css = reader.ReadToEnd();
        routes.MapRead(Path, () => TypedResults.Text(css, "text/css; charset=utf-8"));
    }
}
