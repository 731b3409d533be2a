using Orders.Gateway.Page;
using Orders.Gateway.Serving;

namespace Orders.Tests.Gateway;

public sealed class UidInputTests
{
    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("  abc\n", "abc")]
    [InlineData("“abc”", "abc")]
    [InlineData("\u200Babc\uFEFF", "abc")]
    [InlineData("https://example.org/order/abc?x=1", "abc")]
    [InlineData("https://example.org/?uid=abc#top", "abc")]
    [InlineData("\"order_uid\": \"abc\",", "abc")]
    [InlineData("{\"x\":1,\n  \"order_uid\" : \" abc \"}", "abc")]
    [InlineData("a b", "a b")]
    public void A_uid_is_found_in_what_people_paste(string pasted, string uid) => Assert.Equal(uid, UidInput.Clean(pasted));

    [Theory]
    [InlineData("", "It is empty.")]
    [InlineData("ab c", "Character 3 is a space.")]
    [InlineData("ab.c", "Character 3 is “.”.")]
    [InlineData("абв", "Character 1 is “а” (U+0430).")]
    [InlineData("a😀", "Character 2 is “😀” (U+1F600).")]
    [InlineData("a\u200Bb", "Character 2 is invisible (U+200B).")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", "It has 65 characters; 64 are the most.")]
    public void A_fault_names_the_character_and_its_place(string uid, string fault) => Assert.Equal(fault, UidFault.Find(uid));

    [Fact]
    public void A_good_uid_has_no_fault() => Assert.Null(UidFault.Find("b563feb7b2b84b6test"));
}
