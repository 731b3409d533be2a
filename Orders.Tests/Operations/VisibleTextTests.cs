using System.Text;
using Orders.Service.Operations.Bytes;
using Orders.Service.Operations.Markup;

namespace Orders.Tests.Operations;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("\u0000", "NUL")]
    [InlineData("\u001b", "ESC")]
    [InlineData("\u007f", "DEL")]
    [InlineData("\u0085", "U+0085")]
    [InlineData("\u202e", "U+202E")]
    [InlineData("\u200b", "U+200B")]
    [InlineData("\ufeff", "U+FEFF")]
    [InlineData("\u2028", "U+2028")]
    [InlineData("\u00a0", "U+00A0")]
    [InlineData("\ue000", "U+E000")]
    [InlineData("\U000e0041", "U+E0041")]
    public void A_character_that_does_not_show_itself_is_shown_by_name(string hidden, string name)
    {
        var html = Render("a" + hidden + "b");

        Assert.Equal($"""a<span class="mark" title="an invisible character">{name}</span>b""", html);
    }

    [Theory]
    [InlineData("order 42")]
    [InlineData("Ж日本語é")]
    [InlineData("😀")]
    public void A_character_that_shows_itself_stays(string text) => Assert.Equal(text, Render(text));

    [Fact]
    public void A_byte_that_is_not_utf8_is_shown_as_itself_and_its_neighbours_stay()
    {
        var html = VisibleText.Render([(byte)'a', 0xC3, 0x28, 0xC0, 0x80, (byte)'z'], multiline: true).ToString();

        Assert.Equal(
            "a" + Invalid("0xC3") + "(" + Invalid("0xC0") + Invalid("0x80") + "z",
            html);

        static string Invalid(string name) => $"""<span class="mark" title="a byte that is not UTF-8">{name}</span>""";
    }

    [Fact]
    public void Markup_is_text()
    {
        var html = Render("<script>alert(1)</script>\"'&");

        Assert.Equal("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;", html);
    }

    [Fact]
    public void Line_ends_are_laid_out_in_text_and_marked_in_a_single_line()
    {
        Assert.Equal("a\n\tb", VisibleText.Render("a\n\tb"u8, multiline: true).ToString());
        Assert.Contains(">LF</span>", VisibleText.Render("a\nb"u8, multiline: false).ToString(), StringComparison.Ordinal);
        Assert.Contains(">CR</span>", VisibleText.Render("a\r\nb"u8, multiline: true).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_byte_of_the_error_is_highlighted_even_within_a_character()
    {
        Assert.Equal("a<mark class=\"error\" id=\"error\">ж</mark>b", VisibleText.Render("aжb"u8, true, errorAt: 2).ToString());
    }

    [Fact]
    public void An_error_behind_the_last_byte_is_shown_as_the_missing_rest()
    {
        Assert.Equal("{<mark class=\"error\" id=\"error\">end of value</mark>", VisibleText.Render("{"u8, true, errorAt: 1).ToString());
    }

    [Fact]
    public void An_invisible_error_is_named_and_highlighted()
    {
        var html = VisibleText.Render("\"a\nb\""u8, multiline: true, errorAt: 2).ToString();

        Assert.Contains("<mark class=\"error\" id=\"error\"><span class=\"mark\"", html, StringComparison.Ordinal);
        Assert.Contains(">LF</span></mark>\nb", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b563feb7b2b84b6test", true)]
    [InlineData("Ж", true)]
    [InlineData("a\u001b[2J", false)]
    [InlineData("a\nb", false)]
    [InlineData("\u202eabc", false)]
    public void Text_is_clean_only_without_hidden_characters(string text, bool clean) =>
        Assert.Equal(clean ? text : null, VisibleText.Clean(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_that_are_not_utf8_are_not_clean() => Assert.Null(VisibleText.Clean([0x61, 0xE9]));

    [Fact]
    public void A_hole_in_markup_encodes_and_names_what_is_hidden()
    {
        var hostile = "\"><img src=x onerror=alert(1)>\u202e\u0000";

        Assert.Equal(
            """<a title="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;⟨U+202E⟩⟨NUL⟩">""",
            Html.Of($"""<a title="{hostile}">""").ToString());
    }

    [Fact]
    public void Finished_markup_is_not_encoded_again() =>
        Assert.Equal("<p><b>&lt;</b></p>", Html.Of($"<p>{Html.Of($"<b>{"<"}</b>")}</p>").ToString());

    private static string Render(string text) => VisibleText.Render(Encoding.UTF8.GetBytes(text), multiline: true).ToString();
}
