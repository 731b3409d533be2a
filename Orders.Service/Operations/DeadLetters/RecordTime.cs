namespace Orders.Service.Operations.DeadLetters;

/// <summary>A record's timestamp is any 64-bit number its sender chose; only some of them are a time.</summary>
internal static class RecordTime
{
    /// <summary>The time, or null where the calendar has none for it.</summary>
    public static DateTime? Of(long milliseconds) =>
        milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime
            : null;
}
