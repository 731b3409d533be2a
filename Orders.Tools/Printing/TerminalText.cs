using System.Globalization;
using System.Text;

namespace Orders.Tools.Printing;

/// <summary>
/// Makes text that others wrote safe to print: what could move the cursor, change colours, turn the reading direction or hide
/// is shown as an escape.
/// </summary>
internal static class TerminalText
{
    /// <summary><paramref name="text"/> on one line.</summary>
    public static string Line(string text) => Visible(text, keepLines: false);

    /// <summary><paramref name="text"/> with its line breaks and tabs kept.</summary>
    public static string Block(string text) => Visible(text, keepLines: true);

    /// <summary>The bytes as UTF-8 text, invalid ones as <c>\xNN</c>, with line breaks kept.</summary>
    public static string Block(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var used);
            if (status == System.Buffers.OperationStatus.Done)
            {
                Append(text, rune, keepLines: true);
            }
            else
            {
                foreach (var wrong in bytes[..used])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{wrong:X2}");
                }
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    private static string Visible(string text, bool keepLines)
    {
        var visible = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                Append(visible, rune, keepLines);
            }
            else
            {
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[0]:X4}");
                used = 1;
            }

            rest = rest[used..];
        }

        return visible.ToString();
    }

    private static void Append(StringBuilder text, Rune rune, bool keepLines)
    {
        if (keepLines && rune.Value is '\n' or '\t')
        {
            text.Append((char)rune.Value);
        }
        else if (IsHarmless(rune))
        {
            text.Append(rune.ToString());
        }
        else if (rune.Value <= 0xFFFF)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
        }
    }

    // Format covers the bidirectional controls, zero-width characters, the byte order mark and the invisible tag characters.
    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
