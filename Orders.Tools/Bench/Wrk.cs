using System.Globalization;
using System.Text.RegularExpressions;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>One run of <c>wrk</c>.</summary>
/// <param name="PerSecond">Requests per second.</param>
/// <param name="Requests">How many were answered.</param>
/// <param name="P99">Its 99th percentile, in milliseconds.</param>
internal sealed partial record Wrk(double PerSecond, long Requests, double P99)
{
    public static async Task<Wrk> RunAsync(string url, int seconds, CancellationToken cancellationToken)
    {
        var output = await Programs.MustRunAsync(
            "wrk", ["-t1", "-c64", string.Create(CultureInfo.InvariantCulture, $"-d{seconds}s"), "--latency", url], null, cancellationToken);
        return Read(output);
    }

    /// <summary>Reads what it prints; an answer that is no 200 or a broken connection spoils the figure and is refused.</summary>
    public static Wrk Read(string output)
    {
        if (Trouble().Match(output) is { Success: true } trouble)
        {
            throw BusException.Failed($"wrk met {trouble.Value.Trim()}; a figure with errors in it would mean nothing.");
        }

        var rate = Rate().Match(output);
        var requests = Total().Match(output);
        var p99 = Slow().Match(output);
        return rate.Success && requests.Success && p99.Success
            ? new(Number(rate.Groups[1]), (long)Number(requests.Groups[1]), Number(p99.Groups[1]) * UnitInMs(p99.Groups[2].Value))
            : throw BusException.Failed($"wrk printed something else than a result:\n{output}");
    }

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    private static double UnitInMs(string unit) => unit switch { "us" => 0.001, "ms" => 1, _ => 1000 };

    [GeneratedRegex(@"(Non-2xx or 3xx responses: \d+|Socket errors: .*)")]
    private static partial Regex Trouble();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Total();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Slow();
}
