namespace Orders.Service.Storage;

/// <summary>
/// An order's row while a batch is folded onto it. It is locked, or does not exist yet; what is written back is one row, however many
/// changes there were.
/// </summary>
internal sealed class OrderRow
{
    /// <summary>The version of a row that does not exist yet.</summary>
    public const long None = -1;

    public required string Uid { get; init; }

    /// <summary>The version in the database when the fold began; <see cref="None"/> where there is no row.</summary>
    public required long Base { get; init; }

    public required long Version { get; set; }

    /// <summary>The new content; only meaningful where <see cref="Version"/> has moved. Null when removed.</summary>
    public byte[]? Content { get; set; }

    /// <summary>SHA-256 of the content; null while removed.</summary>
    public byte[]? ContentHash { get; set; }

    /// <summary>The last record accounted to this order.</summary>
    public RecordPosition Position { get; set; }

    /// <summary>Milliseconds since 1970; never goes back.</summary>
    public long Time { get; set; }

    /// <summary>Whether anything is to be written.</summary>
    public bool IsTouched { get; set; }

    public bool IsRemoved => ContentHash is null;
}

/// <summary>Where a record stood.</summary>
internal readonly record struct RecordPosition(int Epoch, int Partition, long Offset);
