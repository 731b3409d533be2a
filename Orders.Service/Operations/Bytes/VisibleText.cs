using System.Buffers;
using System.Globalization;
using System.Text;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.Bytes;

/// <summary>
/// Shows any bytes as text without hiding anything: control, direction and other invisible characters and bytes that are not UTF-8 are
/// shown as marks, so that nothing in a record can change how the page around it reads.
/// </summary>
internal static class VisibleText
{
    private static readonly string[] ControlNames =
    [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI",
        "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ];

    /// <summary>The name to show in place of <paramref name="rune"/>, or null where it shows itself.</summary>
    public static string? Label(Rune rune)
    {
        if (rune.Value < ControlNames.Length)
        {
            return ControlNames[rune.Value];
        }

        if (rune.Value == 0x7F)
        {
            return "DEL";
        }

        var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
        return hidden && rune.Value != ' ' ? string.Create(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}") : null;
    }

    /// <summary>The text, if <paramref name="bytes"/> are UTF-8 and every character shows itself; else null.</summary>
    public static string? Clean(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out var rune, out var length) != OperationStatus.Done || Label(rune) is not null)
            {
                return null;
            }

            at += length;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The bytes as marked text.</summary>
    /// <param name="bytes">The bytes to show.</param>
    /// <param name="multiline">Whether line feeds and tabs are laid out; else they are marked like other control characters.</param>
    /// <param name="errorAt">The byte to highlight; one past the end stands for the missing rest.</param>
    public static Html Render(ReadOnlySpan<byte> bytes, bool multiline, long? errorAt = null)
    {
        var parts = new List<Html>();
        var plain = new StringBuilder();
        for (var at = 0; at < bytes.Length;)
        {
            var valid = Rune.DecodeFromUtf8(bytes[at..], out var rune, out var length) == OperationStatus.Done;
            length = valid ? length : 1;
            var error = errorAt >= at && errorAt < at + length;
            var laidOut = multiline && rune.Value is ('\n' or '\t');
            var label = valid ? Label(rune) : $"0x{bytes[at]:X2}";
            if (label is null || (laidOut && !error))
            {
                if (error)
                {
                    Flush(parts, plain);
                    parts.Add(Highlight.First(Html.Of($"{rune.ToString()}")));
                }
                else
                {
                    plain.Append(rune);
                }
            }
            else
            {
                Flush(parts, plain);
                parts.Add(Mark(label, valid, error));
                plain.Append(laidOut ? rune.ToString() : "");
            }

            at += length;
        }

        Flush(parts, plain);
        if (errorAt == bytes.Length)
        {
            parts.Add(Highlight.First(Html.Of($"end of value")));
        }

        return Html.Of($"{parts}");
    }

    private static Html Mark(string label, bool valid, bool error)
    {
        var title = valid ? "an invisible character" : "a byte that is not UTF-8";
        var mark = Html.Of($"""<span class="mark" title="{title}">{label}</span>""");
        return error ? Highlight.First(mark) : mark;
    }

    private static void Flush(List<Html> parts, StringBuilder plain)
    {
        if (plain.Length > 0)
        {
            parts.Add(Html.Of($"{plain.ToString()}"));
            plain.Clear();
        }
    }
}
