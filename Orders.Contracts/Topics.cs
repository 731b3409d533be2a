namespace Orders.Contracts;

/// <summary>The Kafka topics of the application.</summary>
public static class Topics
{
    /// <summary>Where anyone puts orders: key = order uid, value = the order's JSON, null = removal.</summary>
    public const string Orders = "orders";

    /// <summary>Where every change of an order is published, in version order per order, as CloudEvents in binary mode.</summary>
    public const string OrderEvents = "order-events";
}
