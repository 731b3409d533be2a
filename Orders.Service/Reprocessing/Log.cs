namespace Orders.Service.Reprocessing;

internal static partial class Log
{
    [LoggerMessage(1101, LogLevel.Warning, "Reprocess {Id} is started by {Actor} (forced: {Forced}): {Offsets} offsets")]
    public static partial void Started(ILogger logger, long id, string actor, bool forced, long offsets);

    [LoggerMessage(1102, LogLevel.Information, "Reprocess {Id} is {State}. {Problem}")]
    public static partial void Ended(ILogger logger, long id, string state, string? problem);

    [LoggerMessage(1103, LogLevel.Warning, "Reprocessing waits for the world to be mended and goes on where it stopped")]
    public static partial void Waits(ILogger logger, Exception exception);
}
