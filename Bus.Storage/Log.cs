using Microsoft.Extensions.Logging;

namespace Bus.Storage;

internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "Relaying outbox events to {Target}")]
    public static partial void RelayStarted(ILogger logger, string target);

    [LoggerMessage(3002, LogLevel.Error, "Relaying to {Target} failed; it is tried again until it works")]
    public static partial void RelayFailed(ILogger logger, Exception exception, string target);

    [LoggerMessage(3003, LogLevel.Warning, "Relay:Enabled is false: this instance does not relay to {Target}, events wait in the outbox")]
    public static partial void RelayOff(ILogger logger, string target);
}
