using System.Text;
using Orders.Service.Operations.Bytes;

namespace Orders.Service.Operations.Markup;

/// <summary>Encodes text for an element or a quoted attribute, and names what a reader would not see or what turns text around.</summary>
internal static class HtmlText
{
    /// <summary>Appends <paramref name="text"/>; line ends and tabs stay, other invisible characters become their name in ⟨⟩.</summary>
    public static void Append(StringBuilder markup, string? text)
    {
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            // These five are all that an element or a quoted attribute can be left by; everything else is shown as it is or named.
            _ = rune.Value switch
            {
                '&' => markup.Append("&amp;"),
                '<' => markup.Append("&lt;"),
                '>' => markup.Append("&gt;"),
                '"' => markup.Append("&quot;"),
                '\'' => markup.Append("&#39;"),
                '\n' or '\t' => markup.Append(rune),
                _ when VisibleText.Label(rune) is { } label => markup.Append('⟨').Append(label).Append('⟩'),
                _ => markup.Append(rune),
            };
        }
    }
}
