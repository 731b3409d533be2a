namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Whether the fields of one order that must agree do: told only when all has been read, in whatever order the fields came.
/// </summary>
internal ref struct OrderAgreement(TextSet rids)
{
    private TextSet rids = rids;
    private ReadOnlySpan<byte> trackNumber;
    private ReadOnlySpan<byte> transaction;
    private ReadOnlySpan<byte> itemTrackNumber;
    private bool hasItemTrackNumber;
    private bool itemTrackNumbersDiffer;
    private bool ridsRepeat;
    private long amount;
    private long deliveryCost;
    private long goodsTotal;
    private long customFee;
    private Int128 itemsTotal;

    private readonly Int128 Parts => (Int128)goodsTotal + deliveryCost + customFee;

    /// <param name="role">What the text is for.</param>
    /// <param name="text">The text without escapes.</param>
    /// <param name="place">Where its opening quote stands in the document.</param>
    public void Remember(FieldRole role, ReadOnlySpan<byte> text, int place)
    {
        switch (role)
        {
            case FieldRole.TrackNumber:
                trackNumber = text;
                break;
            case FieldRole.Transaction:
                transaction = text;
                break;
            case FieldRole.ItemTrackNumber when !hasItemTrackNumber:
                hasItemTrackNumber = true;
                itemTrackNumber = text;
                break;
            case FieldRole.ItemTrackNumber:
                itemTrackNumbersDiffer |= !itemTrackNumber.SequenceEqual(text);
                break;
            case FieldRole.ItemRid:
                ridsRepeat |= !rids.Add(text, place, bottom: 0);
                break;
        }
    }

    public void Remember(FieldRole role, long number)
    {
        switch (role)
        {
            case FieldRole.Amount:
                amount = number;
                break;
            case FieldRole.DeliveryCost:
                deliveryCost = number;
                break;
            case FieldRole.GoodsTotal:
                goodsTotal = number;
                break;
            case FieldRole.CustomFee:
                customFee = number;
                break;
            case FieldRole.ItemTotal:
                itemsTotal += number;
                break;
        }
    }

    /// <summary>The first contradiction, which costs nothing to find where contradictions are accepted.</summary>
    public readonly Contradiction Find(ReadOnlySpan<byte> uid) =>
        amount != Parts ? Contradiction.Amount
        : goodsTotal != itemsTotal ? Contradiction.GoodsTotal
        : !transaction.SequenceEqual(uid) ? Contradiction.Transaction
        : itemTrackNumbersDiffer || (hasItemTrackNumber && !itemTrackNumber.SequenceEqual(trackNumber)) ? Contradiction.TrackNumber
        : ridsRepeat ? Contradiction.Rid
        : Contradiction.None;

    /// <summary>The refusal for what <see cref="Find"/> found.</summary>
    public readonly Refusal Explain(Contradiction contradiction)
    {
        var (reason, path, problem) = contradiction switch
        {
            Contradiction.Amount => (
                RefusalReasons.SumMismatch,
                "$.payment.amount",
                Refusal.Invariant($"is {amount}, but goods_total + delivery_cost + custom_fee is {Parts}")),
            Contradiction.GoodsTotal => (
                RefusalReasons.SumMismatch,
                "$.payment.goods_total",
                Refusal.Invariant($"is {goodsTotal}, but the items' total_price add up to {itemsTotal}")),
            Contradiction.Transaction => (RefusalReasons.Inconsistent, "$.payment.transaction", "differs from order_uid"),
            Contradiction.TrackNumber => (
                RefusalReasons.Inconsistent, "$.items[*].track_number", "differs from the order's track_number"),
            _ => (RefusalReasons.Inconsistent, "$.items[*].rid", "comes more than once"),
        };
        return new Refusal(reason, $"{path} {problem}, and Ingest:Consistency = Reject. {Refusal.Mend}", path);
    }

    public void Dispose() => rids.Dispose();
}

/// <summary>Which fields of an order contradict each other.</summary>
internal enum Contradiction
{
    None,
    Amount,
    GoodsTotal,
    Transaction,
    TrackNumber,
    Rid,
}
