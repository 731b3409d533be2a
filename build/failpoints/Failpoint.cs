using System.Diagnostics;

namespace Failpoints;

/// <summary>
/// Named places where a test makes the process die, fail or wait. Only the build configuration Failpoints has them: in any other one the compiler
/// leaves the calls out, and this class does nothing.
/// </summary>
internal static partial class Failpoint
{
    /// <summary>The process has come to <paramref name="point"/>; <paramref name="key"/> says with what, where a test may want to tell.</summary>
    [Conditional("FAILPOINTS")]
    public static void Hit(string point, string? key = null)
    {
        Run(point, key);
    }

    static partial void Run(string point, string? key);
}
