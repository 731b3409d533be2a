using System.Text;
using Orders.Service.Operations.Bytes;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>Who asks for a change, as the attempts keep it. A name, not a proof: the port has no login.</summary>
internal static class Actor
{
    public const string Header = "X-Actor";
    public const string Page = "operator";
    public const string Unnamed = "api";
    public const int MaxLength = 100;

    /// <summary>The name in <paramref name="header"/>, without what a terminal would act on, and not longer than the limit.</summary>
    public static string Clean(string? header)
    {
        var cleaned = new StringBuilder();
        foreach (var rune in (header ?? "").Trim().EnumerateRunes())
        {
            if (cleaned.Length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            cleaned.Append(VisibleText.Label(rune) is null ? rune.ToString() : "");
        }

        var name = cleaned.ToString().Trim();
        return name.Length == 0 ? Unnamed : name;
    }
}
