using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Orders.Service.Operations.Bytes;

namespace Orders.Service.Operations.Markup;

/// <summary>Encodes text for an element or a quoted attribute, and names what a reader would not see or what turns text around.</summary>
internal static class HtmlText
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Appends <paramref name="text"/>; line ends and tabs stay, other invisible characters become their name in ⟨⟩.</summary>
    public static void Append(StringBuilder markup, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is not ('\n' or '\t') && VisibleText.Label(rune) is { } label)
            {
                visible.Append('⟨').Append(label).Append('⟩');
            }
            else
            {
                visible.Append(rune);
            }
        }

        markup.Append(Encoder.Encode(visible.ToString()));
    }
}
