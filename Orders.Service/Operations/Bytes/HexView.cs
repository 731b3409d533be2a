using System.Text;
using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.Bytes;

/// <summary>Bytes as rows of 16: offset, hexadecimal, ASCII.</summary>
internal static class HexView
{
    private const int RowBytes = 16;

    /// <summary>The rows of <paramref name="bytes"/>, of which the first is at <paramref name="firstOffset"/> of the whole value.</summary>
    public static Html Render(ReadOnlySpan<byte> bytes, long? errorAt = null, long firstOffset = 0)
    {
        var rows = new List<Html>();
        for (var start = 0; start < bytes.Length; start += RowBytes)
        {
            var row = bytes[start..Math.Min(start + RowBytes, bytes.Length)];
            var offset = firstOffset + start;
            int? error = errorAt >= offset && errorAt < offset + row.Length ? (int)(errorAt.Value - offset) : null;
            var label = Html.Of($"""<span class="offset">{offset.ToString("x8", null)}</span>""");
            rows.Add(Html.Of($"{label}  {Digits(row, error)}  {Ascii(row, error)}{"\n"}"));
        }

        return Html.Of($"{rows}");
    }

    private static Html Digits(ReadOnlySpan<byte> row, int? error)
    {
        var before = new StringBuilder();
        var at = new StringBuilder();
        var after = new StringBuilder();
        for (var i = 0; i < RowBytes; i++)
        {
            var target = error is null || i < error ? before : i == error ? at : after;
            target.Append(i < row.Length ? row[i].ToString("x2", null) : "  ");
            (i == error ? after : target).Append(i == RowBytes - 1 ? "" : i == (RowBytes / 2) - 1 ? "  " : " ");
        }

        return Highlighted(before, at, after, Highlight.First);
    }

    private static Html Ascii(ReadOnlySpan<byte> row, int? error)
    {
        var before = new StringBuilder();
        var at = new StringBuilder();
        var after = new StringBuilder();
        for (var i = 0; i < row.Length; i++)
        {
            (error is null || i < error ? before : i == error ? at : after).Append(row[i] is >= 0x20 and < 0x7F ? (char)row[i] : '·');
        }

        return Highlighted(before, at, after, Highlight.Further);
    }

    private static Html Highlighted(StringBuilder before, StringBuilder at, StringBuilder after, Func<Html, Html> highlight) =>
        at.Length == 0
        ? Html.Of($"{before.ToString()}")
        : Html.Of($"{before.ToString()}{highlight(Html.Of($"{at.ToString()}"))}{after.ToString()}");
}
