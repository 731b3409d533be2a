using System.Collections.Immutable;
using System.Text;

namespace Orders.Service.Ingest.Decoding;

/// <summary>The JSON type a field must have.</summary>
internal enum FieldType
{
    Text,
    Integer,
    Object,
    Items,
}

/// <summary>What is asked of a field beyond its type.</summary>
internal enum FieldRule
{
    None,
    Uid,
    Currency,
    CreatedAt,
    EpochSeconds,
    NotNegative,
    Percent,
    Int32,
}

/// <summary>Fields whose values must agree with others of the same order, so the reader keeps them until the end.</summary>
internal enum FieldRole
{
    None,
    TrackNumber,
    Transaction,
    Amount,
    DeliveryCost,
    GoodsTotal,
    CustomFee,
    ItemTrackNumber,
    ItemRid,
    ItemTotal,
}

/// <summary>One field of the model.</summary>
internal sealed class OrderField(
    string name, FieldType type, FieldRule rule = FieldRule.None, FieldRole role = FieldRole.None, OrderShape? shape = null)
{
    public string Name { get; } = name;
    public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>As JSON spells it: no name of the model needs an escape.</summary>
    public byte[] QuotedName { get; } = Encoding.UTF8.GetBytes($"\"{name}\"");

    public FieldType Type { get; } = type;
    public FieldRule Rule { get; } = rule;
    public FieldRole Role { get; } = role;

    /// <summary>The members of an object, or of each of the items.</summary>
    public OrderShape? Shape { get; } = shape;
}

/// <summary>
/// The fields of one object of the model, all required. It repeats <see cref="Orders.Contracts.OrderReceived"/> as a table the reader
/// can walk without making objects; a test compares the two.
/// </summary>
internal sealed class OrderShape(params ImmutableArray<OrderField> fields)
{
    private static readonly OrderShape Delivery = new(
        Text("name"), Text("phone"), Text("zip"), Text("city"), Text("address"), Text("region"), Text("email"));

    private static readonly OrderShape Payment = new(
        Text("transaction", role: FieldRole.Transaction),
        Text("request_id"),
        Text("currency", FieldRule.Currency),
        Text("provider"),
        Integer("amount", FieldRule.NotNegative, FieldRole.Amount),
        Integer("payment_dt", FieldRule.EpochSeconds),
        Text("bank"),
        Integer("delivery_cost", FieldRule.NotNegative, FieldRole.DeliveryCost),
        Integer("goods_total", role: FieldRole.GoodsTotal),
        Integer("custom_fee", role: FieldRole.CustomFee));

    private static readonly OrderShape Item = new(
        Integer("chrt_id"),
        Text("track_number", role: FieldRole.ItemTrackNumber),
        Integer("price", FieldRule.NotNegative),
        Text("rid", role: FieldRole.ItemRid),
        Text("name"),
        Integer("sale", FieldRule.Percent),
        Text("size"),
        Integer("total_price", role: FieldRole.ItemTotal),
        Integer("nm_id"),
        Text("brand"),
        Integer("status", FieldRule.Int32));

    /// <summary>The order itself.</summary>
    public static OrderShape Order { get; } = new(
        Text("order_uid", FieldRule.Uid),
        Text("track_number", role: FieldRole.TrackNumber),
        Text("entry"),
        new OrderField("delivery", FieldType.Object, shape: Delivery),
        new OrderField("payment", FieldType.Object, shape: Payment),
        new OrderField("items", FieldType.Items, shape: Item),
        Text("locale"),
        Text("internal_signature"),
        Text("customer_id"),
        Text("delivery_service"),
        Text("shardkey"),
        Integer("sm_id"),
        Text("date_created", FieldRule.CreatedAt),
        Text("oof_shard"));

    public ImmutableArray<OrderField> Fields { get; } = fields;

    /// <summary>A bit for each field.</summary>
    public int AllFields { get; } = (1 << fields.Length) - 1;

    /// <summary>The index of the field called <paramref name="name"/>, or -1.</summary>
    /// <param name="name">Unescaped UTF-8.</param>
    /// <param name="expected">The index to try first: most producers write the fields in one order.</param>
    public int Find(ReadOnlySpan<byte> name, int expected)
    {
        if (expected < Fields.Length && name.SequenceEqual(Fields[expected].NameBytes))
        {
            return expected;
        }

        for (var i = 0; i < Fields.Length; i++)
        {
            if (name.SequenceEqual(Fields[i].NameBytes))
            {
                return i;
            }
        }

        return -1;
    }

    private static OrderField Text(string name, FieldRule rule = FieldRule.None, FieldRole role = FieldRole.None) =>
        new(name, FieldType.Text, rule, role);

    private static OrderField Integer(string name, FieldRule rule = FieldRule.None, FieldRole role = FieldRole.None) =>
        new(name, FieldType.Integer, rule, role);
}
