#if FAILPOINTS
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Failpoints;

/// <remarks>
/// <c>BUS_FAILPOINTS</c> holds rules <c>point=action[:modifier]…</c> with semicolons between, or <c>@FILE</c>, a file of them that is read at every
/// hit, so that a test changes them while the process runs. Actions: <c>kill</c> (SIGKILL of itself), <c>throw</c>, <c>sleep(5s)</c>, <c>sleep(50ms)</c>.
/// Modifiers: <c>once</c>, <c>times(N)</c>, <c>key(K)</c>. <c>BUS_FAILPOINTS_LOG</c> names a folder: a line per hit goes there, and <c>once</c> then
/// means once for all processes that share it, those that died included.
/// </remarks>
internal static partial class Failpoint
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("BUS_FAILPOINTS");
    private static readonly string? Folder = Environment.GetEnvironmentVariable("BUS_FAILPOINTS_LOG");

    // Each assembly has its own copy of this class.
    private static readonly string Hits = $"{Assembly.GetExecutingAssembly().GetName().Name}-{Environment.ProcessId}.hits";
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Fired = [];

    static partial void Run(string point, string? key)
    {
        if (string.IsNullOrEmpty(Given))
        {
            return;
        }

        string? action;
        lock (Gate)
        {
            var rule = Rules().FirstOrDefault(rule => rule.Groups["point"].Value == point && (!rule.Groups["key"].Success || rule.Groups["key"].Value == key));
            if (key is not null && rule is null)
            {
                return;
            }

            Note(point);
            if (rule is null || !MayFire(point, rule))
            {
                return;
            }

            action = rule.Groups["action"].Value;
            Note($"{point}!");
        }

        Act(point, action);
    }

    private static List<Match> Rules()
    {
        var text = Given![0] != '@' ? Given : File.Exists(Given[1..]) ? File.ReadAllText(Given[1..]) : "";
        return [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
    }

    private static Match Parse(string rule) => Rule().Match(rule) is { Success: true } match
        ? match
        : throw new FormatException($"BUS_FAILPOINTS holds '{rule}'; give point=kill, throw or sleep(5s), then :once, :times(N), :key(K).");

    private static void Note(string line)
    {
        if (Folder is not null)
        {
            Directory.CreateDirectory(Folder);
            File.AppendAllText(Path.Combine(Folder, Hits), $"{line}\n");
        }
    }

    private static bool MayFire(string point, Match rule)
    {
        var times = rule.Groups["once"].Success ? 1 : rule.Groups["times"].Success ? Number(rule.Groups["times"].Value) : int.MaxValue;
        if (times == int.MaxValue)
        {
            return true;
        }

        for (var number = Fired.GetValueOrDefault(point) + 1; number <= times; number++)
        {
            Fired[point] = number;
            if (Folder is null || Claim(Path.Combine(Folder, $"{point}.{number}.fired")))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether no process has fired it before.</summary>
    private static bool Claim(string file)
    {
        try
        {
            using var claim = new FileStream(file, FileMode.CreateNew);
            return true;
        }
        catch (IOException) when (File.Exists(file))
        {
            return false;
        }
    }

    private static void Act(string point, string action)
    {
        switch (action)
        {
            case "throw":
                throw new FailpointException(point);
            case "kill":
                using (var self = Process.GetCurrentProcess())
                {
                    self.Kill();
                }

                CancellationToken.None.WaitHandle.WaitOne();
                break;
            default:
                var wait = Wait().Match(action);
                CancellationToken.None.WaitHandle.WaitOne(Number(wait.Groups["number"].Value) * (wait.Groups["unit"].Value == "s" ? 1_000 : 1));
                break;
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<point>[a-z_]+)=(?<action>kill|throw|sleep\(\d+m?s\))(:(?<once>once)|:times\((?<times>\d+)\)|:key\((?<key>[^)]*)\))*$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Rule();

    [GeneratedRegex(@"(?<number>\d+)(?<unit>m?s)", RegexOptions.ExplicitCapture)]
    private static partial Regex Wait();
}

/// <summary>What a failpoint throws: to the failure policy an error of the program like any other.</summary>
internal sealed class FailpointException(string point) : Exception($"Failpoint {point}.");
#endif
