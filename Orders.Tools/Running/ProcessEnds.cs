using System.Diagnostics;

namespace Orders.Tools.Running;

/// <summary>How often a process of the system has ended although <c>bus</c> had not asked it to, since its supervisor started.</summary>
/// <param name="Count">At least 1.</param>
/// <param name="Last">When the supervisor saw the last time.</param>
/// <param name="How">Of the last time, as <see cref="Describe"/> says.</param>
internal sealed record ProcessEnds(int Count, DateTimeOffset Last, string How)
{
    // What the runtime reports for a signal, as a shell would; a program may end with such a code by itself.
    private const int SignalBase = 128;
    private const int LastSignal = 64;

    private static readonly TimeSpan Reaped = TimeSpan.FromSeconds(1);

    /// <summary>How a process ended, null where it has not. Only who started it is told: no child is one of an earlier supervisor.</summary>
    public static string? Describe(Process? child) => child is null ? "in a way not known: an earlier supervisor had started it"
        : !child.WaitForExit(Reaped) ? null
        : child.ExitCode is > SignalBase and <= SignalBase + LastSignal ? $"exit code {child.ExitCode}, as by signal {child.ExitCode - SignalBase}"
        : $"exit code {child.ExitCode}";

    /// <summary>For people.</summary>
    public string Sentence(string name, Workspace workspace) =>
        $"{name} ended unasked {(Count == 1 ? "once, at" : $"{Count} times, last at")} {Last:yyyy-MM-dd HH:mm:ss}Z: {How}. "
        + $"Logs: {workspace.LogOf(name)}, {workspace.SupervisorLog}";
}
