namespace Orders.Tools.Bench;

/// <summary>The lane an event is stored with: FNV-1a of 32 bits over the key's UTF-16 code units, low byte first.</summary>
internal static class BenchLane
{
    /// <summary>How many lanes there are.</summary>
    public const int Count = 8;

    // What the service takes an event to weigh beside its payload.
    private const int BytesBesidePayload = 160;

    /// <summary>The lane of a key.</summary>
    public static short Of(string key)
    {
        var hash = 2166136261u;
        foreach (var c in key)
        {
            hash = (hash ^ (byte)c) * 16777619u;
            hash = (hash ^ (byte)(c >> 8)) * 16777619u;
        }

        return (short)(hash % Count);
    }

    /// <summary>Which orders' events share a row when they are written together.</summary>
    public static IEnumerable<EventRow> Rows(BenchOrder[] orders) => orders
        .GroupBy(order => Of(order.Uid))
        .Select(lane => new EventRow(lane.Key, lane.Sum(order => order.Content.Length + BytesBesidePayload), [.. lane]));

    internal sealed record EventRow(short Lane, int Bytes, BenchOrder[] Orders);
}
