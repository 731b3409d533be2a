using System.Globalization;
using System.Security.Cryptography;
using Orders.Tools.Testing;

namespace Orders.Tests.Faults;

/// <summary>How long faults last: seconds with the other tests, minutes with <c>bus test chaos</c>; and the one seed of all their random choices.</summary>
internal static class FaultLength
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable(TestVerb.FaultLengthVariable) == TestVerb.LongFaults;

    /// <summary>Printed by every test; give it as <c>BUS_FAULT_SEED</c> to see the same again.</summary>
    public static int Seed { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("BUS_FAULT_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
        ? given
        : RandomNumberGenerator.GetInt32(1, int.MaxValue);

    public static int Of(int brief, int extended) => IsLong ? extended : brief;

    public static TimeSpan Seconds(double brief, double extended) => TimeSpan.FromSeconds(IsLong ? extended : brief);
}
