using System.Text.Json;
using Orders.Gateway.Page;

namespace Orders.Tests.Gateway;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("1817", "USD", "18.17 USD")]
    [InlineData("1817", "JPY", "1,817 JPY")]
    [InlineData("1817", "KWD", "1.817 KWD")]
    [InlineData("123456789", "EUR", "1,234,567.89 EUR")]
    [InlineData("-5", "USD", "−0.05 USD")]
    [InlineData("9223372036854775807", "USD", "92,233,720,368,547,758.07 USD")]
    [InlineData("1817", "gold", "1817 gold")]
    [InlineData("18.17", "USD", "18.17 USD")]
    [InlineData("\"1817\"", "USD", "1817 USD")]
    [InlineData("1e400", "USD", "1e400 USD")]
    [InlineData("1817", null, "1817")]
    public void Minor_units_are_written_as_their_currency_does(string amount, string? currency, string text) =>
        Assert.Equal(text, Money.Format(JsonElement.Parse(amount), currency));
}
