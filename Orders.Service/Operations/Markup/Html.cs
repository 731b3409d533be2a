using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Orders.Service.Operations.Markup;

/// <summary>
/// A piece of finished HTML. The only way to make one is an interpolated string, whose literal parts are markup and whose holes are encoded
/// unless they are <see cref="Html"/> themselves: what comes from a record cannot become markup by being forgotten.
/// </summary>
internal readonly struct Html
{
    private readonly string? _markup;

    private Html(string markup) => _markup = markup;

    /// <summary>Nothing.</summary>
    public static Html Empty { get; }

    /// <summary>The markup in <paramref name="markup"/>, its holes encoded.</summary>
    public static Html Of(HtmlInterpolation markup) => new(markup.Finish());

    public override string ToString() => _markup ?? "";
}

/// <summary>Collects an interpolated string for <see cref="Html.Of"/>. Types without a rule of their own do not compile as holes.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlInterpolation
{
    private readonly StringBuilder _markup;

    public HtmlInterpolation(int literalLength, int formattedCount) => _markup = new StringBuilder(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => _markup.Append(literal);

    public void AppendFormatted(string? text) => HtmlText.Append(_markup, text);

    public void AppendFormatted(Html html) => _markup.Append(html.ToString());

    public void AppendFormatted(long number) => _markup.Append(CultureInfo.InvariantCulture, $"{number}");

    public void AppendFormatted(IEnumerable<Html> parts)
    {
        foreach (var part in parts)
        {
            _markup.Append(part.ToString());
        }
    }

    internal string Finish() => _markup.ToString();
}
