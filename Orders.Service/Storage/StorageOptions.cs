using System.ComponentModel.DataAnnotations;

namespace Orders.Service.Storage;

/// <summary>Where the application's tables are. Section <c>Storage</c>; the database itself is <c>ConnectionStrings:Orders</c>.</summary>
internal sealed class StorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Storage";

    /// <summary>The schema that holds every table. Default <c>orders</c>. Two installations in one database have two schemas.</summary>
    [RegularExpression("^[a-z_][a-z0-9_]{0,62}$", ErrorMessage = "Storage:Schema must be 1 to 63 of a-z 0-9 _ and not begin with a digit.")]
    public string Schema { get; set; } = "orders";
}
