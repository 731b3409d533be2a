namespace Orders.Service.Ingest;

internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Debug,
        "Partition {Partition}: offsets {First} to {Next} accounted for: {Stored} stored, {Duplicate} duplicate, {Superseded} superseded, "
        + "{Removed} removed, {Ignored} ignored, {Dead} dead")]
    public static partial void Ingested(
        ILogger logger, int partition, long first, long next, long stored, long duplicate, long superseded, long removed, long ignored, long dead);

    [LoggerMessage(1002, LogLevel.Warning, "A batch could not be stored if one came; tried again every second, and said again only by /health/ready")]
    public static partial void RehearsalFailed(ILogger logger, Exception exception);

    [LoggerMessage(1003, LogLevel.Information, "A transaction that {Batches} batches shared failed; unless the world is broken, each is tried again alone")]
    public static partial void SharedFailed(ILogger logger, Exception exception, int batches);
}
