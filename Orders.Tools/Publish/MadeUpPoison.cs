using System.Text;

namespace Orders.Tools.Publish;

/// <summary>Breaks an order so that nobody may store it, each time in another way.</summary>
internal static class MadeUpPoison
{
    private static readonly Func<byte[], byte[]>[] Breaks =
    [
        order => order[..(order.Length / 2)],
        order => [.. order, (byte)'}'],
        _ => [],
        _ => "null"u8.ToArray(),
        order => [(byte)'[', .. order, (byte)']'],
        order => Replace(order, "\"order_uid\"", "\"order_id\""),
        order => Replace(order, "test\",\"track_number\"", "/../test\",\"track_number\""),
        order => Replace(order, "\"entry\":\"WBIL\"", "\"entry\":5"),
        order => Replace(order, "\"entry\":\"WBIL\"", "\"entry\":\"WB\\u0000IL\""),
        order => Replace(order, "\"entry\":\"WBIL\"", "\"entry\":\"WBIL\",\"entry\":\"WBIL\""),
        order => Replace(order, "\"amount\":", "\"amount\":-"),
        order => Replace(order, "\"items\":[", "\"items\":[null,"),
        order => Spoil(order, "WBIL"),
        _ => [0x1f, 0x8b, 0x08, 0x00, 0x00],
    ];

    public static PublishedRecord Make(PublishedRecord order, ref Dice dice) =>
        order with { Value = dice.Of(Breaks)(order.Value.ToArray()), Source = $"poison from {order.Source}" };

    private static byte[] Replace(byte[] order, string old, string fresh) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(order).Replace(old, fresh, StringComparison.Ordinal));

    /// <summary>A byte that UTF-8 does not have, in the middle of a text.</summary>
    private static byte[] Spoil(byte[] order, string text)
    {
        order[order.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) + 1] = 0xFF;
        return order;
    }
}
