using System.Text.Json;

namespace Orders.Gateway.Page;

/// <summary>Reads single values out of a document that may have any shape, without ever failing on it.</summary>
internal static class JsonText
{
    private const int MaxLength = 2000;

    /// <summary>The value at a path of property names, or null where the path leads nowhere or to null.</summary>
    public static JsonElement? At(this JsonElement? from, params ReadOnlySpan<string> path)
    {
        var here = from;
        foreach (var name in path)
        {
            if (here is not { ValueKind: JsonValueKind.Object } parent || !parent.TryGetProperty(name, out var child))
            {
                return null;
            }

            here = child;
        }

        return here is { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } ? null : here;
    }

    /// <summary>The value for a person: a string's characters, anything else as it is written.</summary>
    public static string Of(JsonElement? value)
    {
        if (value is not { } element)
        {
            return "";
        }

        string text;
        try
        {
            text = element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: sound JSON, but no text.
            text = element.GetRawText();
        }

        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "…");
    }

    /// <summary>The text at a path, or null where there is none or it is empty.</summary>
    public static string? TextAt(this JsonElement? from, params ReadOnlySpan<string> path) =>
        Of(from.At(path)) is { Length: > 0 } text ? text : null;
}
