using System.ComponentModel.DataAnnotations;

namespace Orders.Gateway.Reading;

/// <summary>Where the orders are stored. Section <c>Storage</c>.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The database schema that holds the view <c>order_view</c>. Default <c>orders</c>.</summary>
    [RegularExpression("^[a-z_][a-z0-9_]{0,62}$",
        ErrorMessage = "Storage:Schema must be a plain lower-case name: a-z 0-9 _, not beginning with a digit.")]
    public string Schema { get; set; } = "orders";
}
