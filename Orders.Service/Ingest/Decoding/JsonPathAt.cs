using System.Text;
using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Tells the JSON path of a byte position by reading the document once more: only refusals pay for paths. Names that are no plain
/// identifiers become <c>*</c>, because names nobody knows may hold anything, personal data too.
/// </summary>
internal static class JsonPathAt
{
    private const int LongestName = 64;

    /// <summary>
    /// The path of the token that <paramref name="position"/> lies in; where the document breaks off before, of the last one
    /// before.
    /// </summary>
    public static string Find(ReadOnlySpan<byte> document, int position, int maxDepth)
    {
        // One level more than may be: the token that is too deep has a path as well.
        Span<Step> steps = new Step[maxDepth + 2];
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
        var depth = 0;
        try
        {
            while (reader.BytesConsumed <= position && reader.Read())
            {
                depth = reader.CurrentDepth;
                Advance(steps, ref reader);
            }
        }
        catch (JsonException)
        {
            // The break itself is being reported: the steps so far are the answer.
        }

        return Format(document, steps[1..(depth + 1)]);
    }

    private static void Advance(Span<Step> steps, ref Utf8JsonReader reader)
    {
        ref var step = ref steps[reader.CurrentDepth];
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            step = new Step(IsArray: false, Index: 0, (int)reader.TokenStartIndex);
        }
        else if (reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject) && step.IsArray)
        {
            step = step with { Index = step.Index + 1 };
        }

        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            steps[reader.CurrentDepth + 1] = new Step(reader.TokenType == JsonTokenType.StartArray, Index: -1, Name: -1);
        }
    }

    private static string Format(ReadOnlySpan<byte> document, ReadOnlySpan<Step> steps)
    {
        var path = new StringBuilder("$");
        foreach (var step in steps)
        {
            if (!step.IsArray && step.Name >= 0)
            {
                path.Append('.').Append(NameAt(document[step.Name..]));
            }
            else if (step is { IsArray: true, Index: >= 0 })
            {
                path.Append('[').Append(step.Index).Append(']');
            }
        }

        return path.ToString();
    }

    private static string NameAt(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document);
        reader.Read();
        if (reader.ValueIsEscaped && JsonText.FindBadEscape(reader.ValueSpan).Reason is not null)
        {
            return "*";
        }

        if (JsonText.FindInvalidUtf8(reader.ValueSpan) >= 0)
        {
            return "*";
        }

        var name = Encoding.UTF8.GetString(JsonText.Unescaped(ref reader));
        var plain = name.Length is > 0 and <= LongestName
            && !char.IsAsciiDigit(name[0])
            && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
        return plain ? name : "*";
    }

    /// <param name="IsArray">Whether the step goes into an array.</param>
    /// <param name="Index">Which element, from 0; -1 before the first.</param>
    /// <param name="Name">Where the property's name stands in the document; -1 before the first.</param>
    private readonly record struct Step(bool IsArray, int Index, int Name);
}
