using System.CommandLine;
using System.Globalization;

namespace Orders.Tools.Publish;

/// <summary>A part of all records, as a person writes it: <c>1%</c> or <c>0.01</c>.</summary>
internal static class Share
{
    public static Option<string?> Option(string name, string description) => new(name) { Description = description, HelpName = "SHARE" };

    /// <summary>The part as a number from 0 to 1; 0 where none was given.</summary>
    public static double Parse(string name, string? text)
    {
        if (text is null)
        {
            return 0;
        }

        var isPercent = text.EndsWith('%');
        var isNumber = double.TryParse(isPercent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);

        // A bare 1 may be meant as one percent or as all of them.
        return isNumber && (isPercent ? number <= 100 : number < 1)
            ? isPercent ? number / 100 : number
            : throw BusException.Failed($"{name} {text} is no share of all records; write it as 1% or as 0.01.");
    }
}

/// <summary>Which part of made-up records is not a new order.</summary>
/// <param name="Poison">Cannot be stored.</param>
/// <param name="Dup">Repeats what was sent last for an order.</param>
/// <param name="Update">Changes an order.</param>
/// <param name="Remove">Removes an order.</param>
internal readonly record struct Shares(double Poison, double Dup, double Update, double Remove)
{
    public double Sum => Poison + Dup + Update + Remove;

    public void Check()
    {
        if (Sum > 1)
        {
            throw BusException.Failed($"The shares add up to {Sum * 100:0.##} %; of 100 % nothing is left for orders. Give smaller ones.");
        }
    }
}
