using Bus.Storage.DeadLetters;
using Orders.Service.Operations.Bytes;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>A dead letter's value, laid out as JSON, as marked text, or as hexadecimal; the view is part of the address.</summary>
internal static class DeadLetterValue
{
    private const string Json = "json";
    private const string Text = "text";
    private const string Hex = "hex";

    // Shorter ones are in sight as a whole.
    private const int ShortValueBytes = 512;

    // Enough on either side of a far away error to see what it is about.
    private const int ErrorContextBytes = 256;

    private static readonly Html GoToError =
        Html.Of($"""<p class="small"><a href="#{Highlight.Anchor}">Go to the error</a></p>""");

    public static Html Render(DeadLetter letter, string? view, int shownBytes)
    {
        if (letter.Value is not { Length: > 0 } value)
        {
            return Html.Of($"""
                <section class="card" id="value"><h2>Value</h2><p class="nothing">{(letter.Value is null
                    ? "null: the record has no value."
                    : "Empty: the record has a value of 0 bytes.")}</p></section>
                """);
        }

        var json = value.Length <= shownBytes ? PrettyJson.TryRender(value, letter.JsonPath, letter.BytePosition) : null;
        var chosen = view is Hex or Text ? view : json is null ? Text : Json;
        var shown = value.AsSpan(0, WholeCharacters(value, shownBytes));
        var lines = chosen switch
        {
            Json => json!.Value,
            Hex => HexView.Render(shown, letter.BytePosition),
            _ => VisibleText.Render(shown, multiline: true, IsShown(letter.BytePosition, shown.Length, value) ? letter.BytePosition : null),
        };
        // HTML swallows one line end right behind a <pre>, so it gets one that is not the value's.
        return Html.Of($"""
            <section class="card" id="value"><div class="head"><h2 id="value-title">Value</h2>
            <nav class="tabs" aria-label="How to show the value">{Tabs(letter.Id, json is not null, chosen)}</nav>
            <a href="/api/dead-letters/{letter.Id}/value" download>Download {Layout.Count(value.Length, "byte")}</a></div>
            {Notes(value, shown.Length, json is null, shownBytes)}
            {(value.Length > ShortValueBytes && Highlight.IsIn(lines) ? GoToError : Html.Empty)}
            <pre tabindex="0" role="region" aria-labelledby="value-title" class="{chosen}">
            {lines}</pre>
            {FarError(letter, value, shown.Length, chosen)}</section>
            """);
    }

    private static Html Tabs(long id, bool json, string chosen) =>
        Html.Of($"{(json ? Tab(id, Json, "JSON", chosen) : Html.Empty)}{Tab(id, Text, "Text", chosen)}{Tab(id, Hex, "Hex", chosen)}");

    private static Html Tab(long id, string view, string text, string chosen) => string.Equals(view, chosen, StringComparison.Ordinal)
        ? Html.Of($"""<a href="/dead-letters/{id}?view={view}#value" aria-current="true">{text}</a>""")
        : Html.Of($"""<a href="/dead-letters/{id}?view={view}#value">{text}</a>""");

    private static Html Notes(byte[] value, int shown, bool noJson, int shownBytes)
    {
        if (shown < value.Length)
        {
            return Html.Of($"""
                <p class="small">The first {Layout.Count(shown, "byte")} of {Layout.Count(value.Length)}; the download has them all.</p>
                """);
        }

        return noJson && value.Length <= shownBytes
            ? Html.Of($"""<p class="small">Not readable as JSON; shown as it is.</p>""")
            : Html.Empty;
    }

    private static Html FarError(DeadLetter letter, byte[] value, int shown, string view)
    {
        if (letter.BytePosition is not { } at || at > value.Length || IsShown(at, shown, value))
        {
            return Html.Empty;
        }

        var start = WholeCharacters(value, (int)Math.Max(shown, at - ErrorContextBytes));
        var excerpt = value.AsSpan(start, WholeCharacters(value, (int)Math.Min(value.Length, at + ErrorContextBytes)) - start);
        var lines = view == Hex ? HexView.Render(excerpt, at, start) : VisibleText.Render(excerpt, multiline: true, at - start);
        return Html.Of($"""
            <h3 id="error-title">Around byte {Layout.Count(at)}</h3>
            <pre tabindex="0" role="region" aria-labelledby="error-title" class="{view}">
            {lines}</pre>
            """);
    }

    private static bool IsShown(long? position, int shown, byte[] value) => position < shown || shown == value.Length;

    // A cut through a character would show its bytes as broken, which they are not.
    private static int WholeCharacters(byte[] value, int shownBytes)
    {
        if (value.Length <= shownBytes)
        {
            return value.Length;
        }

        var end = shownBytes;
        while (end > shownBytes - 3 && (value[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return (value[end] & 0xC0) == 0x80 ? shownBytes : end;
    }
}
