using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Orders.Service.Operations.Bytes;

namespace Orders.Tests.Operations;

public sealed partial class PrettyJsonTests
{
    [Theory]
    [InlineData("12345678901234567890.10")]
    [InlineData("9007199254740993")]
    [InlineData("1e400")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("-0")]
    [InlineData("1.0")]
    public void A_number_keeps_every_digit(string number) =>
        Assert.Equal($"{{\n  \"a\": {number}\n}}", Text($"{{\"a\":{number}}}"));

    [Fact]
    public void Order_duplicates_and_escapes_stay()
    {
        var text = Text("""{"b":"\u0041\n\/","a":1,"b":[true,null,{}],"c":[]}""");

        Assert.Equal(
            """
            {
              "b": "\u0041\n\/",
              "a": 1,
              "b": [
                true,
                null,
                {}
              ],
              "c": []
            }
            """,
            text);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{} {}")]
    [InlineData("{}\u0000")]
    [InlineData("nope")]
    [InlineData("")]
    public void What_is_not_json_is_not_laid_out(string document) => Assert.Null(PrettyJson.TryRender(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void Nesting_without_end_is_refused_and_not_followed() =>
        Assert.Null(PrettyJson.TryRender(Encoding.UTF8.GetBytes(new string('[', 100_000))));

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Equal("{}", Text("\ufeff{}"));

    [Theory]
    [InlineData("$.items[1].price", "\"7\"")]
    [InlineData("$.items[0]", "null")]
    [InlineData("$.order_uid", "\"u\"")]
    [InlineData("$", "{")]
    public void The_value_at_the_errors_path_is_highlighted(string path, string highlighted)
    {
        const string document = """{"order_uid":"u","items":[null,{"price":"7"}]}""";

        var html = PrettyJson.TryRender(Encoding.UTF8.GetBytes(document), path)?.ToString();

        Assert.Equal([highlighted], Highlighted(html));
    }

    [Fact]
    public void The_token_at_the_errors_byte_is_highlighted_also_when_it_is_a_name()
    {
        const string document = """{"a":1,"a":2}""";

        Assert.Equal(["\"a\""], Highlighted(PrettyJson.TryRender(Encoding.UTF8.GetBytes(document), null, 7)?.ToString()));
        Assert.Equal(["2"], Highlighted(PrettyJson.TryRender(Encoding.UTF8.GetBytes(document), null, 11)?.ToString()));
    }

    [Fact]
    public void Markup_and_hidden_characters_in_names_and_values_are_shown_and_inert()
    {
        const string document = "{\"<img src=x onerror=alert(1)>\":\"</pre><script>\u202e\"}";

        var html = PrettyJson.TryRender(Encoding.UTF8.GetBytes(document))!.Value.ToString();

        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("</pre", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", html, StringComparison.Ordinal);
        Assert.Contains("U+202E", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Hexadecimal_rows_show_offset_bytes_and_ascii_with_the_error_in_both()
    {
        var html = HexView.Render(Encoding.ASCII.GetBytes("0123456789abcdef<b"), errorAt: 17, firstOffset: 0).ToString();

        Assert.Equal(
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n"
            + "00000010  3c 62" + new string(' ', 43) + "  <b\n",
            WebUtility.HtmlDecode(Tags().Replace(html, "")));
        Assert.Equal(["62", "b"], Highlighted(html));
    }

    private static string Text(string document)
    {
        var html = PrettyJson.TryRender(Encoding.UTF8.GetBytes(document));
        Assert.NotNull(html);
        return WebUtility.HtmlDecode(Tags().Replace(html.Value.ToString(), ""));
    }

    private static string[] Highlighted(string? html)
    {
        Assert.NotNull(html);
        return [.. Marks().Matches(html).Select(match => WebUtility.HtmlDecode(Tags().Replace(match.Groups[1].Value, "")))];
    }

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("<mark[^>]*>(.*?)</mark>")]
    private static partial Regex Marks();
}
