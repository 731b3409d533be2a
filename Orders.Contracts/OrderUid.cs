using System.Buffers;
using System.Text;

namespace Orders.Contracts;

/// <summary>The rule an order's identity keeps: 1 to 64 of the characters A–Z, a–z, 0–9, '_' and '-'; case counts.</summary>
public static class OrderUid
{
    /// <summary>The most characters an order uid may have.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule in words, as error messages give it.</summary>
    public const string Rule = "1 to 64 characters out of A-Z a-z 0-9 _ -";

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    private static readonly SearchValues<char> Chars = SearchValues.Create(Alphabet);
    private static readonly SearchValues<byte> Bytes = SearchValues.Create(Encoding.ASCII.GetBytes(Alphabet));

    /// <summary>Whether <paramref name="uid"/> keeps the rule.</summary>
    public static bool IsValid(ReadOnlySpan<char> uid) =>
        uid.Length is > 0 and <= MaxLength && uid.IndexOfAnyExcept(Chars) < 0;

    /// <summary>Whether the UTF-8 text <paramref name="uid"/> keeps the rule.</summary>
    public static bool IsValid(ReadOnlySpan<byte> uid) =>
        uid.Length is > 0 and <= MaxLength && uid.IndexOfAnyExcept(Bytes) < 0;
}
