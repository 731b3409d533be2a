using System.Globalization;
using System.Text.Json;

namespace Orders.Gateway.Page;

/// <summary>Points in time out of a document, and how the page writes them: in UTC; a script shows them in the reader's zone.</summary>
internal static class Moment
{
    public static DateTimeOffset? Parse(JsonElement? text) =>
        text is { ValueKind: JsonValueKind.String }
        && DateTimeOffset.TryParse(JsonText.Of(text), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.ToUniversalTime()
            : null;

    public static DateTimeOffset? FromUnixSeconds(JsonElement? number) =>
        Money.Units(number) is { } seconds
        && seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    public static string Machine(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Person(DateTimeOffset moment) => moment.ToString("d MMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
