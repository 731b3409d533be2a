namespace Orders.Service.Ingest.Decoding;

/// <summary>What one record turned out to be: exactly one of the four <see cref="DecodedKind"/>s.</summary>
internal readonly struct Decoded
{
    private Decoded(
        DecodedKind kind, string? uid = null, int contentOffset = 0, DecodedFlags flags = 0, string? rule = null, Refusal? refusal = null)
    {
        Kind = kind;
        Uid = uid;
        ContentOffset = contentOffset;
        Flags = flags;
        Rule = rule;
        Refusal = refusal;
    }

    public DecodedKind Kind { get; }

    /// <summary>Whose order: set for <see cref="DecodedKind.Order"/> and <see cref="DecodedKind.Tombstone"/>.</summary>
    public string? Uid { get; }

    /// <summary>
    /// Where the order begins in the value: 0, or 3 behind a byte order mark. The content is the value from here to its end.
    /// </summary>
    public int ContentOffset { get; }

    /// <summary>What is worth counting about a record that is nevertheless good.</summary>
    public DecodedFlags Flags { get; }

    /// <summary>One of <see cref="IgnoreRules"/>: set for <see cref="DecodedKind.Ignored"/>.</summary>
    public string? Rule { get; }

    /// <summary>Set for <see cref="DecodedKind.Refused"/>.</summary>
    public Refusal? Refusal { get; }

    public static Decoded Order(string uid, int contentOffset, DecodedFlags flags) => new(DecodedKind.Order, uid, contentOffset, flags);

    public static Decoded Tombstone(string uid) => new(DecodedKind.Tombstone, uid);

    public static Decoded Ignored(string rule) => new(DecodedKind.Ignored, rule: rule);

    public static Decoded Refused(Refusal refusal) => new(DecodedKind.Refused, refusal: refusal);
}

internal enum DecodedKind
{
    /// <summary>A valid order.</summary>
    Order,

    /// <summary>The removal of an order: no value under its uid.</summary>
    Tombstone,

    /// <summary>Nothing to do, by a named rule.</summary>
    Ignored,

    /// <summary>A dead letter, for good: the same bytes are refused again until a limit or the model changes.</summary>
    Refused,
}

/// <summary>What a good record is counted under besides its outcome.</summary>
[Flags]
internal enum DecodedFlags
{
    None = 0,

    /// <summary>A UTF-8 byte order mark stands before the order and is not part of its content (<c>bom_stripped</c>).</summary>
    BomStripped = 1,

    /// <summary>
    /// The record's key is not the order's uid (<c>key_mismatch</c>), so its records may come through several partitions.
    /// </summary>
    KeyMismatch = 2,

    /// <summary>The order's sums or repeated ids contradict each other (<c>inconsistent</c>).</summary>
    Inconsistent = 4,

    /// <summary>A header of known meaning is there twice or holds no such thing (<c>bad_header</c>); it was not used.</summary>
    BadHeader = 8,
}
