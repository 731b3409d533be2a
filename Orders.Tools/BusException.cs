namespace Orders.Tools;

/// <summary>What a script can tell from how <c>bus</c> ended.</summary>
internal static class ExitCode
{
    public const int Fine = 0;
    public const int Failed = 1;
    public const int Unreachable = 2;
<<<<<<< HEAD
    public const int GoalMissed = 4;
=======
    /// <summary>Something the product promises does not hold.</summary>
    public const int Violated = 3;
>>>>>>> fb5c7f4e9520590018d7d8dca1d896820c5e5b6d
    public const int Interrupted = 130;
}

/// <summary>An end of the verb that was foreseen: one message for the person, one exit code for the script.</summary>
internal sealed class BusException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static BusException Failed(string message) => new(Tools.ExitCode.Failed, message);

    public static BusException Unreachable(string message) => new(Tools.ExitCode.Unreachable, message);
}
