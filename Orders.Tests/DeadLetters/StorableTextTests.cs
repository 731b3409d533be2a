using System.Text;
using Bus.Storage.DeadLetters;

namespace Orders.Tests.DeadLetters;

/// <summary>What a dead letter says of itself can always be kept.</summary>
public sealed class StorableTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a\0b", "a\uFFFDb")]
    public void What_no_database_takes_is_replaced(string text, string stored) => Assert.Equal(stored, StorableText.Of(text));

    [Fact]
    public void Halves_of_a_character_are_replaced_and_whole_ones_are_not()
    {
        Assert.Equal("half \uFFFD", StorableText.Of("half " + '\uD83D'));
        Assert.Equal("other half \uFFFD!", StorableText.Of("other half " + '\uDE00' + "!"));
        Assert.Equal("wrong way \uFFFD\uFFFD", StorableText.Of("wrong way " + '\uDE00' + '\uD83D'));
        Assert.Equal("whole \uD83D\uDE00", StorableText.Of("whole \uD83D\uDE00"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u20AC")]
    [InlineData("\uD83D\uDE00")]
    [InlineData("\0")]
    public void A_text_of_a_megabyte_is_cut_to_8_KiB_between_two_characters(string character)
    {
        var stored = StorableText.Of(new StringBuilder().Insert(0, character, 1_000_000).ToString());

        Assert.InRange(Encoding.UTF8.GetByteCount(stored), StorableText.MostBytes - 4, StorableText.MostBytes);
        Assert.EndsWith("(cut)", stored, StringComparison.Ordinal);
        Assert.DoesNotContain(stored.EnumerateRunes(), rune => rune.Value == 0);
        Assert.Equal(stored, StorableText.Of(stored));
    }

    [Fact]
    public void What_just_fits_is_not_cut()
    {
        var text = new string('x', StorableText.MostBytes);

        Assert.Same(text, StorableText.Of(text));
        Assert.NotSame(text, StorableText.Of(text + "x"));
    }
}
