using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Says what is wrong with bytes that are no JSON: another encoding, another format, broken off, or a byte that cannot stand where it
/// does.
/// </summary>
internal static class MalformedJson
{
    private const byte LengthDelimited = 2;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<byte> LiteralEnds = SearchValues.Create(" \t\r\n,}]"u8);

    /// <summary>What other formats begin with; none of them can begin a JSON text.</summary>
    private static readonly (byte[] Magic, string Name)[] Formats =
    [
        ([0x1F, 0x8B], "gzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4"),
        ([0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y'], "snappy"),
        ([(byte)'P', (byte)'K', 0x03, 0x04], "zip"),
        ([(byte)'O', (byte)'b', (byte)'j', 0x01], "an Avro file"),
        ([0x00, 0x00], "Avro, Protobuf or JSON behind a schema registry's 5-byte prefix"),
    ];

    /// <param name="value">The whole value.</param>
    /// <param name="offset">Where the document begins in it.</param>
    /// <param name="error">What the reader threw; only its coordinates are used, since its text may quote the document.</param>
    /// <param name="maxDepth">How deep a path may go.</param>
    public static Refusal Explain(ReadOnlySpan<byte> value, int offset, JsonException error, int maxDepth)
    {
        if (EncodingOf(value) is { } encoding)
        {
            return new Refusal(
                RefusalReasons.BadEncoding, $"The value is {encoding}; orders are JSON in UTF-8. {Refusal.Mend}", BytePosition: 0);
        }

        if (FormatOf(value) is { } format)
        {
            return new Refusal(
                RefusalReasons.UnknownFormat,
                $"The value looks like {format}; orders are plain JSON in UTF-8, without compression or prefix. {Refusal.Mend}",
                BytePosition: 0);
        }

        var document = value[offset..];
        var line = (int)(error.LineNumber ?? 0);
        var column = (int)(error.BytePositionInLine ?? 0);
        var at = Math.Min(document.Length, StartOfLine(document, line) + column);
        if (BreaksOff(document))
        {
            at = document.Length;
        }

        var found = at == document.Length
            ? Refusal.Invariant($"it breaks off at byte {offset + at}")
            : Refusal.Invariant($"byte {offset + at} (line {line + 1}, byte {column + 1} of it) is {Show(document[at])}, out of place");
        return new Refusal(
            RefusalReasons.MalformedJson,
            $"The value is not one well-formed JSON text: {found}. {Refusal.Mend}",
            JsonPathAt.Find(document, at, maxDepth),
            offset + at);
    }

    /// <summary>
    /// The spelling of a number that JSON does not have (<c>NaN</c>, <c>01</c>, <c>+1</c>, <c>0x10</c>) at the start of
    /// <paramref name="text"/>, or null. It must end before the text does: what breaks off may have been going to be a number.
    /// </summary>
    public static string? ForeignNumber(ReadOnlySpan<byte> text)
    {
        const int longest = 64;
        var end = text.IndexOfAny(LiteralEnds);
        if (end is <= 0 or > longest)
        {
            return null;
        }

        var literal = Encoding.ASCII.GetString(text[..end]);
        var magnitude = literal.TrimStart('+', '-');
        var foreign = literal.Length - magnitude.Length <= 1
            && (magnitude is "NaN" or "Infinity"
                || IsHexadecimal(magnitude)
                || (magnitude.Length > 0 && char.IsAsciiDigit(magnitude[0]) && magnitude.All(c => char.IsAsciiDigit(c) || c == '.')));
        return foreign ? literal : null;
    }

    private static bool IsHexadecimal(string text) =>
        text.Length > 2 && text[0] == '0' && (text[1] is 'x' or 'X') && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;

    private static string? EncodingOf(ReadOnlySpan<byte> value)
    {
        if (value.StartsWith<byte>([0x00, 0x00, 0xFE, 0xFF]) || value.StartsWith<byte>([0xFF, 0xFE, 0x00, 0x00]))
        {
            return "UTF-32";
        }

        if (value.StartsWith<byte>([0xFF, 0xFE]) || value.StartsWith<byte>([0xFE, 0xFF]))
        {
            return "UTF-16";
        }

        // Without a mark: JSON begins with ASCII, whose other bytes are NUL in the wider encodings.
        return value is [not 0, 0, not 0, 0, ..] or [0, not 0, 0, not 0, ..] ? "UTF-16"
            : value is [not 0, 0, 0, 0, not 0, 0, 0, 0, ..] or [0, 0, 0, not 0, 0, 0, 0, not 0, ..] ? "UTF-32"
            : null;
    }

    private static string? FormatOf(ReadOnlySpan<byte> value)
    {
        foreach (var (magic, name) in Formats)
        {
            if (value.StartsWith(magic))
            {
                return name;
            }
        }

        return IsProtobuf(value) ? "Protobuf" : null;
    }

    /// <summary>
    /// Protobuf has no magic bytes: it is one when it begins with field 1 or 2 and its fields fill the value to the last byte.
    /// </summary>
    private static bool IsProtobuf(ReadOnlySpan<byte> value)
    {
        const int fewestBytes = 4;
        if (value.Length < fewestBytes || value[0] is not (0x08 or 0x0A or 0x10 or 0x12))
        {
            return false;
        }

        while (value.Length > 0)
        {
            if (!TakeVarint(ref value, out var tag) || tag >> 3 == 0)
            {
                return false;
            }

            var length = 0UL;
            var read = (tag & 7) switch
            {
                0 => TakeVarint(ref value, out _),
                1 => (length = 8) > 0,
                LengthDelimited => TakeVarint(ref value, out length),
                5 => (length = 4) > 0,
                _ => false,
            };
            if (!read || length > (ulong)value.Length)
            {
                return false;
            }

            value = value[(int)length..];
        }

        return true;
    }

    private static bool TakeVarint(ref ReadOnlySpan<byte> value, out ulong number)
    {
        const int longest = 10;
        number = 0;
        for (var i = 0; i < Math.Min(longest, value.Length); i++)
        {
            number |= (ulong)(value[i] & 0x7F) << (7 * i);
            if (value[i] < 0x80)
            {
                value = value[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether more bytes could have made the document well-formed.</summary>
    private static bool BreaksOff(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: false, state: default);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // A byte that is wrong whatever had followed.
            return false;
        }
    }

    private static int StartOfLine(ReadOnlySpan<byte> document, int line)
    {
        var start = 0;
        for (; line > 0; line--)
        {
            start += document[start..].IndexOf((byte)'\n') + 1;
        }

        return start;
    }

    private static string Show(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || char.IsPunctuation((char)value) && value < 0x80
            ? Refusal.Invariant($"0x{value:X2} '{(char)value}'")
            : Refusal.Invariant($"0x{value:X2}");
}
