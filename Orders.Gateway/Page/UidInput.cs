using System.Text.RegularExpressions;

namespace Orders.Gateway.Page;

/// <summary>Finds the uid in what people paste: in quotes, with invisible characters, as a link, inside a piece of JSON.</summary>
internal static partial class UidInput
{
    private static readonly char[] Wrapping =
    [
        ' ', '\t', '\r', '\n', '\u00A0', '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\u2060', '\uFEFF',
        '"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»', ',', ';',
    ];

    public static string Clean(string raw)
    {
        // Before anything is trimmed: a fragment may begin with the very quote that belongs to it.
        var text = raw;
        if (InJson().Match(text) is { Success: true } json)
        {
            text = json.Groups[1].Value;
        }
        else if (InLink().Match(text) is { Success: true } link)
        {
            text = Uri.UnescapeDataString(link.Groups[1].Value);
        }

        return text.Trim(Wrapping);
    }

    [GeneratedRegex("\"order_uid\"\\s*:\\s*\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex InJson();

    [GeneratedRegex("(?:/order/|[?&]uid=)([^/?#&\\s]+)", RegexOptions.NonBacktracking)]
    private static partial Regex InLink();
}
