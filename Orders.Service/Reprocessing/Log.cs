namespace Orders.Service.Reprocessing;

internal static partial class Log
{
    [LoggerMessage(1101, LogLevel.Warning, "Reprocess {Id} is started by {Actor} (forced: {Forced}): {Offsets} offsets")]
    public static partial void Started(ILogger logger, long id, string actor, bool forced, long offsets);

    [LoggerMessage(1102, LogLevel.Information, "Reprocess {Id} is {State}. {Problem}")]
    public static partial void Ended(ILogger logger, long id, string state, string? problem);

    [LoggerMessage(1103, LogLevel.Warning, "Reprocessing waits for the world to be mended and goes on where it stopped")]
    public static partial void Waits(ILogger logger, Exception exception);

    [LoggerMessage(1104, LogLevel.Error,
        "A process ended over reprocess {Id}: the records of partition {Partition} from offset {First} to {Next} go one by one")]
    public static partial void OneByOne(ILogger logger, long id, int partition, long first, long next);

    [LoggerMessage(1105, LogLevel.Error,
        "Reprocess {Id} does not look into the record of partition {Partition} at offset {Offset}: {Ends} times a process ended over it")]
    public static partial void Suspected(ILogger logger, long id, int partition, long offset, int ends);
}
