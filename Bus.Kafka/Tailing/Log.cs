using Microsoft.Extensions.Logging;

namespace Bus.Kafka.Tailing;

/// <summary>Of 4xxx, the part from 4100.</summary>
internal static partial class Log
{
    [LoggerMessage(4101, LogLevel.Information, "The tail of {Topic} {State}.")]
    public static partial void TailState(ILogger logger, string topic, string state);

    [LoggerMessage(4106, LogLevel.Information, "The tail of {Topic} begins at the noted ends of {Partitions} partitions.")]
    public static partial void TailBegins(ILogger logger, string topic, int partitions);

    [LoggerMessage(4102, LogLevel.Warning, "The tail of {Topic} has missed records and goes on from a noted position: {Reason}")]
    public static partial void TailGap(ILogger logger, string topic, string reason);

    [LoggerMessage(4103, LogLevel.Error, "The tail of {Topic} failed and begins anew where it was.")]
    public static partial void TailFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(4104, LogLevel.Warning, "The tail of {Topic} could not read: {Reason}")]
    public static partial void TailReadFailed(ILogger logger, string topic, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "Kafka client: {Line}")]
    public static partial void TailClient(ILogger logger, string line);
}
