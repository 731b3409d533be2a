namespace Orders.Gateway;

/// <summary>6xxx.</summary>
internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Information, "Primed {Orders} orders, {Bytes} bytes of L1, in {Seconds:0.00} s. Ready.")]
    public static partial void Primed(ILogger logger, int orders, long bytes, double seconds);

    [LoggerMessage(6002, LogLevel.Warning, "Priming failed and begins anew in {Pause}: {Reason}")]
    public static partial void PrimingFailed(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(6003, LogLevel.Warning, "{Topic}[{Partition}]@{Offset} is not an order event and was passed over: {Reason}.")]
    public static partial void NotAnEvent(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(6004, LogLevel.Error, "A request failed. Trace {TraceId}.")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string traceId);
}
