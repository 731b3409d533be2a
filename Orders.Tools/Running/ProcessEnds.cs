using System.Diagnostics;

namespace Orders.Tools.Running;

/// <summary>How often a process of the system has ended by itself since <c>bus up</c>.</summary>
/// <param name="Count">So many times; 0 is not kept.</param>
/// <param name="Last">When the supervisor saw the last one.</param>
/// <param name="How">Of the last one, as <see cref="Describe"/> says.</param>
internal sealed record ProcessEnds(int Count, DateTimeOffset Last, string How)
{
    // A shell's way to say by which signal a program ended, and the runtime's.
    private const int SignalBase = 128;

    private static readonly TimeSpan Reaped = TimeSpan.FromSeconds(1);

    /// <summary>How a process ended; only who started it is told, so null stands for one that an earlier supervisor started.</summary>
    public static string Describe(Process? child) => child is null ? "how is not known, another supervisor had started it"
        : !child.WaitForExit(Reaped) ? "how is not known"
        : child.ExitCode > SignalBase ? $"signal {child.ExitCode - SignalBase}"
        : $"exit code {child.ExitCode}";
}
