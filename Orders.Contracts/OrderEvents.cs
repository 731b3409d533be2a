namespace Orders.Contracts;

/// <summary>The <c>ce_type</c> of each event on <see cref="Topics.OrderEvents"/>.</summary>
public static class OrderEventTypes
{
    /// <summary>The order did not exist (or had been removed) and now does; the value is its content.</summary>
    public const string Created = "order.created.v1";

    /// <summary>The order's content changed; the value is its new content.</summary>
    public const string Updated = "order.updated.v1";

    /// <summary>The order was removed; the value is null.</summary>
    public const string Removed = "order.removed.v1";
}

/// <summary>
/// The Kafka headers of a CloudEvents 1.0 message in binary mode (the Kafka protocol binding's <c>ce_</c> prefix); all UTF-8 text.
/// </summary>
public static class CloudEventHeaders
{
    /// <summary>Always <c>1.0</c>.</summary>
    public const string SpecVersion = "ce_specversion";

    /// <summary>The event's id: the same over re-sends.</summary>
    public const string Id = "ce_id";

    /// <summary>One of <see cref="OrderEventTypes"/>.</summary>
    public const string Type = "ce_type";

    /// <summary>Who published: <c>/orders</c>.</summary>
    public const string Source = "ce_source";

    /// <summary>The order's uid.</summary>
    public const string Subject = "ce_subject";

    /// <summary>When the change was stored, RFC 3339 in UTC.</summary>
    public const string Time = "ce_time";

    /// <summary>The order's version after the change, a decimal number from 1.</summary>
    public const string Sequence = "ce_sequence";

    /// <summary>The media type of the value.</summary>
    public const string ContentType = "content-type";

    /// <summary>The W3C trace context of the change.</summary>
    public const string TraceParent = "traceparent";
}
