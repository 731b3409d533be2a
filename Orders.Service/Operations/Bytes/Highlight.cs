using Orders.Service.Operations.Markup;

namespace Orders.Service.Operations.Bytes;

/// <summary>Marks the place of the error in a view of the bytes.</summary>
internal static class Highlight
{
    /// <summary>The anchor of the first mark in a view.</summary>
    public const string Anchor = "error";

    public static Html First(Html shown) => Html.Of($"""<mark class="error" id="{Anchor}">{shown}</mark>""");

    public static Html Further(Html shown) => Html.Of($"""<mark class="error">{shown}</mark>""");

    /// <summary>Whether <paramref name="view"/> has a mark to go to. No record's text can look like one: quotes are encoded.</summary>
    public static bool IsIn(Html view) => view.ToString().Contains($"id=\"{Anchor}\"", StringComparison.Ordinal);
}
