namespace Orders.Service.Relay;

internal static partial class Log
{
    [LoggerMessage(3101, LogLevel.Warning, "Version {Version} of order {Uid} was not confirmed: {Reason}")]
    public static partial void NotConfirmed(ILogger logger, string uid, long version, string reason);

    [LoggerMessage(3102, LogLevel.Warning, "{Target}: {Reason}")]
    public static partial void TargetError(ILogger logger, string target, string reason);

    [LoggerMessage(3103, LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    public static partial void TargetLog(ILogger logger, string facility, string message);
}
