using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// What JSON's grammar leaves open about text: escapes that name no character, and what two spellings of a text are equal.
/// </summary>
internal static class JsonText
{
    /// <summary>
    /// The first escape in <paramref name="raw"/> that cannot be stored as text, and its place in it; no reason when there is none.
    /// </summary>
    /// <param name="raw">A JSON text without its quotes, its escapes already known to be well-formed.</param>
    public static (string? Reason, int At) FindBadEscape(ReadOnlySpan<byte> raw)
    {
        for (var at = raw.IndexOf((byte)'\\'); at >= 0 && at < raw.Length;)
        {
            var length = 2;
            if (raw[at + 1] == 'u')
            {
                length = 6;
                var unit = CodeUnit(raw, at);
                if (unit == 0)
                {
                    return (RefusalReasons.InvalidCharacter, at);
                }

                if (char.IsSurrogate(unit))
                {
                    length = 12;
                    if (!char.IsHighSurrogate(unit) || !IsLowSurrogateAt(raw, at + 6))
                    {
                        return (RefusalReasons.InvalidUnicode, at);
                    }
                }
            }

            var next = raw[(at + length)..].IndexOf((byte)'\\');
            at = next < 0 ? raw.Length : at + length + next;
        }

        return (null, -1);
    }

    /// <summary>The text of the reader's current token in UTF-8; a copy only where it holds escapes, which must be sound.</summary>
    public static ReadOnlySpan<byte> Unescaped(scoped ref readonly Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;

    /// <summary>Where the first bytes stand that are no UTF-8, or -1.</summary>
    public static int FindInvalidUtf8(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out var consumed) != OperationStatus.Done)
            {
                return at;
            }

            at += consumed;
        }

        return -1;
    }

    private static bool IsLowSurrogateAt(ReadOnlySpan<byte> raw, int at) =>
        at + 5 < raw.Length && raw[at] == '\\' && raw[at + 1] == 'u' && char.IsLowSurrogate(CodeUnit(raw, at));

    private static char CodeUnit(ReadOnlySpan<byte> raw, int escape) =>
        (char)ushort.Parse(raw.Slice(escape + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
