using System.Globalization;
using System.Text;
using System.Text.Json;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.Bytes;

/// <summary>
/// Lays a JSON document out with one value per line. Every token is shown with the bytes it has in the document: numbers are never
/// parsed, so none is rounded; escapes stay escapes; order and duplicates stay.
/// </summary>
internal sealed class PrettyJson
{
    private const int MaxDepth = 64;
    private static readonly byte[] Bom = [0xEF, 0xBB, 0xBF];

    private readonly List<Html> _parts = [];
    private readonly Stack<Level> _levels = new();
    private readonly string? _errorPath;
    private readonly long? _errorAt;
    private string? _property;
    private bool _afterProperty;
    private bool _highlighted;

    private PrettyJson(string? errorPath, long? errorAt) => (_errorPath, _errorAt) = (errorPath, errorAt);

    /// <summary>The document laid out, or null where <paramref name="document"/> is not JSON or is nested too deep to be read.</summary>
    /// <param name="document">The bytes; a leading byte order mark is passed over.</param>
    /// <param name="errorPath">The path, such as <c>$.items[0]</c>, whose value is highlighted.</param>
    /// <param name="errorAt">The byte whose token is highlighted.</param>
    public static Html? TryRender(ReadOnlySpan<byte> document, string? errorPath = null, long? errorAt = null)
    {
        var skipped = document.StartsWith(Bom) ? Bom.Length : 0;
        var reader = new Utf8JsonReader(document[skipped..], new JsonReaderOptions { MaxDepth = MaxDepth });
        var pretty = new PrettyJson(errorPath, errorAt - skipped);
        try
        {
            while (reader.Read())
            {
                pretty.Token(ref reader);
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return Html.Of($"{pretty._parts}");
    }

    private void Token(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                var closed = _levels.Pop();
                if (closed.Count > 0)
                {
                    NewLine();
                }

                _parts.Add(closed.IsArray ? Html.Of($"]") : Html.Of($"}}"));
                break;
            case JsonTokenType.PropertyName:
                Separate();
                _property = _errorPath is null ? null : Encoding.UTF8.GetString(reader.ValueSpan);
                var name = Html.Of($"""<span class="key">{Text(ref reader)}</span>""");
                var nameEnd = reader.TokenStartIndex + reader.ValueSpan.Length + 2;
                _parts.Add(_errorAt >= reader.TokenStartIndex && _errorAt < nameEnd ? Highlighted(name) : name);
                _parts.Add(Html.Of($": "));
                _afterProperty = true;
                break;
            default:
                Separate();
                Value(ref reader);
                break;
        }
    }

    private void Value(ref Utf8JsonReader reader)
    {
        var opens = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        var shown = reader.TokenType switch
        {
            JsonTokenType.StartObject => Html.Of($"{{"),
            JsonTokenType.StartArray => Html.Of($"["),
            JsonTokenType.String => Html.Of($"""<span class="string">{Text(ref reader)}</span>"""),
            _ => Html.Of($"""<span class="number">{VisibleText.Render(reader.ValueSpan, multiline: false)}</span>"""),
        };
        _parts.Add(IsError(ref reader) ? Highlighted(shown) : shown);
        if (opens)
        {
            _levels.Push(new Level(reader.TokenType == JsonTokenType.StartArray));
        }
    }

    // A value after its property's name stays on the line; anything else starts one.
    private void Separate()
    {
        if (_afterProperty)
        {
            _afterProperty = false;
        }
        else if (_levels.TryPeek(out var level))
        {
            if (level.Count++ > 0)
            {
                _parts.Add(Html.Of($","));
            }

            NewLine();
        }
    }

    private void NewLine() => _parts.Add(Html.Of($"{"\n" + new string(' ', _levels.Count * 2)}"));

    private Html Highlighted(Html shown)
    {
        var first = !_highlighted;
        _highlighted = true;
        return first ? Highlight.First(shown) : Highlight.Further(shown);
    }

    private static Html Text(ref Utf8JsonReader reader) =>
        Html.Of($"{"\""}{VisibleText.Render(reader.ValueSpan, multiline: false)}{"\""}");

    private bool IsError(ref Utf8JsonReader reader)
    {
        if (_levels.TryPeek(out var level))
        {
            level.Property = _property;
        }

        return (_errorAt >= reader.TokenStartIndex && _errorAt < reader.BytesConsumed)
            || (_errorPath is not null && string.Equals(_errorPath, Path(), StringComparison.Ordinal));
    }

    private string Path()
    {
        var path = new StringBuilder("$");
        foreach (var level in _levels.Reverse())
        {
            if (level.IsArray)
            {
                path.Append(CultureInfo.InvariantCulture, $"[{level.Count - 1}]");
            }
            else
            {
                path.Append('.').Append(level.Property);
            }
        }

        return path.ToString();
    }

    private sealed class Level(bool isArray)
    {
        public bool IsArray { get; } = isArray;

        public int Count { get; set; }

        public string? Property { get; set; }
    }
}
