using System.Globalization;
using System.Text;
using Orders.Contracts;

namespace Orders.Gateway.Serving;

/// <summary>Says in one sentence what is wrong with a uid: which character, and where.</summary>
internal static class UidFault
{
    /// <summary>The fault, or null when <paramref name="uid"/> keeps the rule.</summary>
    public static string? Find(string uid)
    {
        if (OrderUid.IsValid(uid))
        {
            return null;
        }

        if (uid.Length == 0)
        {
            return "It is empty.";
        }

        var position = 0;
        foreach (var rune in uid.EnumerateRunes())
        {
            position++;
            if (!rune.IsAscii || !OrderUid.IsValid([(char)rune.Value]))
            {
                return string.Create(CultureInfo.InvariantCulture, $"Character {position} is {Describe(rune)}.");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"It has {uid.Length} characters; {OrderUid.MaxLength} are the most.");
    }

    private static string Describe(Rune rune) => rune.Value switch
    {
        ' ' => "a space",
        '\t' => "a tab",
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.PrivateUse
            ? $"invisible (U+{rune.Value:X4})"
            : $"“{rune}”{(rune.IsAscii ? "" : $" (U+{rune.Value:X4})")}",
    };
}
