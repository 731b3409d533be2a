using System.Globalization;
using Orders.Tools.Publish;

namespace Orders.Tools.Load;

/// <summary>What <c>bus load</c> was asked for.</summary>
/// <param name="Rate">Records per second.</param>
/// <param name="Duration">How long they are sent.</param>
/// <param name="Shares">What comes between new orders.</param>
/// <param name="Seed">Which orders are made up.</param>
/// <param name="Patience">How long after the last send an event is waited for.</param>
/// <param name="LedgerFile">Where every send is noted; null for nowhere.</param>
/// <param name="Goals">What must hold.</param>
internal sealed record LoadRequest(
    double Rate, TimeSpan Duration, Shares Shares, long Seed, TimeSpan Patience, string? LedgerFile, IReadOnlyList<Goal> Goals)
{
    private const double MostPerSecond = 200_000;
    private const double WarmUpShare = 0.1;

    private static readonly TimeSpan ShortestWarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public long Count => Math.Max(1, (long)Math.Round(Rate * Duration.TotalSeconds));

    /// <summary>What is sent first and not measured: caches, pools and compilers settle.</summary>
    public TimeSpan WarmUp => TimeSpan.FromTicks(Math.Max((long)(Duration.Ticks * WarmUpShare), ShortestWarmUp.Ticks));

    public long WarmUpCount => (long)Math.Ceiling(Rate * WarmUp.TotalSeconds);

    public void Check()
    {
        if (Rate is not (> 0 and <= MostPerSecond))
        {
            throw BusException.Failed($"--rate {Rate.ToString(CultureInfo.InvariantCulture)} is not possible; give more than 0 and at most 200000 per second.");
        }

        if (Duration < Shortest || Duration > Longest)
        {
            throw BusException.Failed($"--duration {Duration.TotalSeconds:0.###}s is not possible; give 3s (of which 2s are warm-up) to 24h.");
        }

        if (Patience < TimeSpan.Zero || Patience > Longest)
        {
            throw BusException.Failed($"--patience {Patience.TotalSeconds:0.###}s is not possible; give 0s to 24h.");
        }

        Shares.Check();
    }

    /// <summary>Reads <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>.</summary>
    public static TimeSpan ParseDuration(string name, string text)
    {
        (string Unit, double Seconds)[] units = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];
        foreach (var (unit, seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds < TimeSpan.MaxValue.TotalSeconds / 2)
            {
                return TimeSpan.FromSeconds(number * seconds);
            }
        }

        throw BusException.Failed($"{name} {text} is not a duration; write it as 250ms, 30s, 5m or 1h.");
    }
}
