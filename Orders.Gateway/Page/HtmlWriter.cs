using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Orders.Gateway.Page;

/// <summary>
/// Writes HTML. The invariant: what is written as the literal part of an interpolated string is markup; every hole is text and is
/// encoded. There is no way to write a hole as markup.
/// </summary>
internal sealed class HtmlWriter
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _html = new(8192);

    public HtmlWriter Write([InterpolatedStringHandlerArgument("")] Markup markup)
    {
        // The handler has written into this writer already, piece by piece.
        _ = markup;
        return this;
    }

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_html.ToString());

    /// <summary>The pieces of one interpolated string, on their way into the writer.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Markup
    {
        private readonly StringBuilder _html;

        public Markup(int literalLength, int formattedCount, HtmlWriter writer)
        {
            _ = (literalLength, formattedCount);
            _html = writer._html;
        }

        public void AppendLiteral(string literal) => _html.Append(literal);

        public void AppendFormatted(string? text) => _html.Append(Encoder.Encode(text ?? ""));

        public void AppendFormatted(long number) => _html.Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}");
    }
}
