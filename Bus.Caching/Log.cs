using Microsoft.Extensions.Logging;

namespace Bus.Caching;

/// <summary>5xxx. Redis failing is an operating condition, not an error: the levels below answer.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "L2 is open in era {Era}.")]
    public static partial void SharedOpened(ILogger logger, long era);

    [LoggerMessage(5002, LogLevel.Warning, "L2 is closed, era {Era} is over: {Reason}")]
    public static partial void SharedLost(ILogger logger, long era, string reason);

    [LoggerMessage(5003, LogLevel.Debug, "L2 cannot be opened: {Reason}")]
    public static partial void SharedNotOpened(ILogger logger, string reason);

    [LoggerMessage(5004, LogLevel.Warning, "The entry of {Key} in L2 is corrupt or foreign and was dropped.")]
    public static partial void ForeignEntry(ILogger logger, string key);

    [LoggerMessage(5005, LogLevel.Debug, "The foreign entry of {Key} in L2 could not be dropped: {Reason}")]
    public static partial void ForeignEntryStays(ILogger logger, string key, string reason);

    [LoggerMessage(5006, LogLevel.Warning, "The origin does not answer and is left alone for {Pause}.")]
    public static partial void OriginLost(ILogger logger, Exception exception, TimeSpan pause);

    [LoggerMessage(5007, LogLevel.Information, "The origin answers again.")]
    public static partial void OriginBack(ILogger logger);

    [LoggerMessage(5008, LogLevel.Information, "All of L1 was dropped: {Reason}")]
    public static partial void Dropped(ILogger logger, string reason);
}
