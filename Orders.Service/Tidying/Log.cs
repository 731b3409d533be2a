namespace Orders.Service.Tidying;

internal static partial class Log
{
    [LoggerMessage(8001, LogLevel.Information, "Tidied: {Ranges} inbox ranges merged into others, {DeadLetters} resolved dead letters deleted")]
    public static partial void Tidied(ILogger logger, long ranges, long deadLetters);

    [LoggerMessage(8002, LogLevel.Warning, "A pass of tidying failed; the next one begins where it stopped")]
    public static partial void TidyingFailed(ILogger logger, Exception exception);

    [LoggerMessage(8003, LogLevel.Warning, "Tidying:Enabled is false: tables grow with every batch unless another instance tidies")]
    public static partial void TidyingOff(ILogger logger);
}
