namespace Orders.Tools;

/// <summary>What a script can tell from how <c>bus</c> ended.</summary>
internal static class ExitCode
{
    public const int Fine = 0;
    public const int Failed = 1;
    public const int Unreachable = 2;

    /// <summary>Something the product promises does not hold.</summary>
    public const int Violated = 3;

    /// <summary>What was asked for with <c>--slo</c> was not reached.</summary>
    public const int GoalMissed = 4;
    public const int Interrupted = 130;
}

/// <summary>An end of the verb that was foreseen: one message for the person, one exit code for the script.</summary>
internal sealed class BusException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static BusException Failed(string message) => new(Tools.ExitCode.Failed, message);

    public static BusException Unreachable(string message) => new(Tools.ExitCode.Unreachable, message);
}
