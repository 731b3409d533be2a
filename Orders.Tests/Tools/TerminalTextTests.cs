using System.Text.Json;
using Orders.Tools.DeadLetters;
using Orders.Tools.Printing;

namespace Orders.Tests.Tools;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain, Zürich, 注文, 🙂", "plain, Zürich, 注文, 🙂")]
    [InlineData("\u001b[2Jgone", "\\u001B[2Jgone")]
    [InlineData("a\u202Eb\u2066c\u200Fd", "a\\u202Eb\\u2066c\\u200Fd")]
    [InlineData("zero\u200Bwidth\uFEFF", "zero\\u200Bwidth\\uFEFF")]
    [InlineData("\u009B31m\u007F\0", "\\u009B31m\\u007F\\u0000")]
    [InlineData("one\ntwo\tthree\r", "one\\u000Atwo\\u0009three\\u000D")]
    [InlineData("tag \U000E0041", "tag \\U000E0041")]
    public void What_could_act_on_a_terminal_or_hide_is_shown_as_an_escape(string text, string shown) =>
        Assert.Equal(shown, TerminalText.Line(text));

    [Fact]
    public void Half_a_surrogate_pair_is_shown_by_its_number() => Assert.Equal("half \\uD83D.", TerminalText.Line($"half {(char)0xD83D}."));

    [Fact]
    public void A_block_keeps_its_lines_and_shows_bytes_that_are_no_text()
    {
        Assert.Equal("a\n\tb\\u001B", TerminalText.Block("a\n\tb\u001b"));
        Assert.Equal("a\n\\xFFb\\xC3", TerminalText.Block([(byte)'a', (byte)'\n', 0xFF, (byte)'b', 0xC3]));
    }

    [Fact]
    public void A_dead_letter_is_printed_without_letting_its_bytes_act()
    {
        var letter = JsonSerializer.SerializeToElement(new
        {
            id = 7,
            state = "dead",
            reason = "malformed_json",
            sentence = "Not JSON \u001b[31m",
            topic = "orders",
            partition = 2,
            offset = 9,
            keyBase64 = Convert.ToBase64String("k\u001b"u8),
            valueBase64 = Convert.ToBase64String("{\u001b]0;x\u0007"u8),
            headers = new[] { new { name = "h\u202E", valueBase64 = Convert.ToBase64String("v\n"u8) } },
            attempts = new[] { new { number = 1, kind = "ingest", outcome = "dead", actor = (string?)null } },
        });
        var lines = string.Join('\n', DeadLetterPage.Lines(letter));
        Assert.DoesNotContain('\u001b', lines);
        Assert.DoesNotContain('\u202E', lines);
        Assert.Contains("Dead letter 7: dead, malformed_json", lines);
        Assert.Contains("Value, 7 bytes", lines);
        Assert.Contains("{\\u001B]0;x\\u0007", lines);
    }
}
