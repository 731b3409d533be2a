using System.Text;

namespace Bus.Storage.DeadLetters;

/// <summary>
/// Text that Postgres takes whatever it was made from: a dead letter's own words must never be why it cannot be kept. NUL and halves of
/// surrogate pairs become U+FFFD, and what is longer than 8 KiB is cut.
/// </summary>
internal static class StorableText
{
    /// <summary>The most bytes of UTF-8 that are kept.</summary>
    public const int MostBytes = 8 * 1024;

    private const string CutMark = "… (cut)";

    /// <summary>The text, cleaned and cut; the same object where there is nothing to do.</summary>
    public static string Of(string text) => Cut(Cleaned(text));

    /// <summary>The text, cleaned at its whole length.</summary>
    public static string Cleaned(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // A half of a pair is enumerated as the replacement character already.
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return clean.ToString();
    }

    private static string Cut(string text)
    {
        if (text.Length <= MostBytes / 3 || Encoding.UTF8.GetByteCount(text) <= MostBytes)
        {
            return text;
        }

        var room = MostBytes - Encoding.UTF8.GetByteCount(CutMark);
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
            {
                break;
            }

            end += rune.Utf16SequenceLength;
        }

        return text[..end] + CutMark;
    }
}
