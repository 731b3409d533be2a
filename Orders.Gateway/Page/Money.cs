using System.Globalization;
using System.Text.Json;

namespace Orders.Gateway.Page;

/// <summary>Amounts in minor units as people write them: 1817 of USD is 18.17 USD, of JPY 1,817 JPY.</summary>
internal static class Money
{
    private static readonly HashSet<string> WithoutMinorUnit = new(StringComparer.Ordinal)
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    };

    private static readonly HashSet<string> WithThreeDigits = new(StringComparer.Ordinal)
    {
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
    };

    /// <summary>The amount; as it stands where it is not a whole number or the currency is not a code.</summary>
    public static string Format(JsonElement? amount, string? currency)
    {
        if (amount is null)
        {
            return "—";
        }

        if (Units(amount) is not { } units || currency is not { Length: 3 } || !currency.All(char.IsAsciiLetterUpper))
        {
            return $"{JsonText.Of(amount)} {currency}".Trim();
        }

        return $"{Format(units, currency)} {currency}";
    }

    /// <summary>The number without its currency, for the cells of one column.</summary>
    public static string Format(long units, string currency)
    {
        var digits = WithoutMinorUnit.Contains(currency) ? 0 : WithThreeDigits.Contains(currency) ? 3 : 2;
        var value = units / (digits switch { 0 => 1m, 2 => 100m, _ => 1000m });
        return value.ToString($"N{digits}", CultureInfo.InvariantCulture).Replace('-', '−');
    }

    /// <summary>The whole number of minor units, or null where there is none.</summary>
    public static long? Units(JsonElement? amount) =>
        amount is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var units) ? units : null;
}
