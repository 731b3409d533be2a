using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>Whether a value of the right type keeps what is asked of its field.</summary>
internal static class FieldRules
{
    /// <summary>Whether a text is spelled as a currency is; whether there is one of that name is nobody's rule here.</summary>
    /// <param name="text">The text without escapes.</param>
    public static bool IsCurrency(ReadOnlySpan<byte> text) => text.Length == 3 && text.IndexOfAnyExceptInRange((byte)'A', (byte)'Z') < 0;

    /// <summary>Whether a number keeps <paramref name="rule"/>.</summary>
    public static bool Holds(FieldRule rule, long number, DateTimeOffset latest) => rule switch
    {
        FieldRule.NotNegative => number >= 0,
        FieldRule.Percent => number is >= 0 and <= 100,
        FieldRule.Int32 => number is >= int.MinValue and <= int.MaxValue,
        FieldRule.EpochSeconds => number >= 0 && number <= latest.ToUnixTimeSeconds(),
        _ => true,
    };

    /// <summary>Whether a text is a moment in time that names its zone.</summary>
    /// <param name="text">The text without escapes.</param>
    /// <param name="reader">A reader that stands at it.</param>
    /// <param name="moment">The moment.</param>
    public static bool IsMoment(ReadOnlySpan<byte> text, ref Utf8JsonReader reader, out DateTimeOffset moment)
    {
        moment = default;
        return text is [.., (byte)'Z'] or [.., (byte)'+' or (byte)'-', _, _, (byte)':', _, _] && reader.TryGetDateTimeOffset(out moment);
    }

    /// <summary>Whether a moment can be meant: from 1970 to <paramref name="latest"/>.</summary>
    public static bool IsMeant(DateTimeOffset moment, DateTimeOffset latest) => moment >= DateTimeOffset.UnixEpoch && moment <= latest;
}
