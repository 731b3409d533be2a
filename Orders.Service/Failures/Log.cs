namespace Orders.Service.Failures;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Dead letter {Id} replayed by {Actor}: {Status}, {Outcome}")]
    public static partial void Replayed(ILogger logger, long id, string actor, ReplayStatus status, string? outcome);

    [LoggerMessage(2002, LogLevel.Warning, "The replay of dead letter {Id} met a transient failure and is tried again")]
    public static partial void ReplayTriedAgain(ILogger logger, Exception exception, long id);
}
