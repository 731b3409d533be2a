using System.Globalization;
using Orders.Tools.Running;

namespace Orders.Tools.Bench;

/// <summary>CPU seconds of some processes, of this one and of the whole machine at one moment.</summary>
internal sealed record MeterReading(long Timestamp, double Machine, double Own, IReadOnlyDictionary<string, double> Processes);

/// <summary>What a span of time cost.</summary>
/// <param name="SecondsPer1000">CPU seconds per 1,000 items, by process.</param>
/// <param name="CoresUsedByOthers">How many cores programs that have nothing to do with it kept busy.</param>
internal sealed record BenchCost(IReadOnlyDictionary<string, double> SecondsPer1000, double CoresUsedByOthers);

/// <summary>Reads from <c>/proc</c> what processes use; a process counts with its children, as Postgres' backends are.</summary>
internal sealed class Meter(BusContext bus, IReadOnlyDictionary<string, ProcessIdentity> processes)
{
    // What Linux counts CPU time in towards programs, on every architecture .NET runs on.
    private const double TicksPerSecond = 100;

    private const int ParentField = 1;
    private const int FirstTimeField = 11;
    private const int OwnTimes = 2;
    private const int TimesWithEndedChildren = 4;
    private const int MachineIdleField = 4;
    private const int MachineWaitField = 5;
    private const int MachineFields = 9;

    // The processes themselves are children of this one: of its own children only those that have ended count as its use.
    public MeterReading Read() => new(
        bus.Time.GetTimestamp(), MachineSeconds(), Seconds(StatOf(Environment.ProcessId), TimesWithEndedChildren),
        processes.ToDictionary(process => process.Key, process => SecondsWithChildren(process.Value.Id)));

    /// <summary>What lies between two readings, spread over <paramref name="items"/>.</summary>
    public BenchCost Cost(MeterReading from, MeterReading to, long items) => Cost([(from, to)], items);

    public BenchCost Cost(IReadOnlyList<(MeterReading From, MeterReading To)> spans, long items)
    {
        var used = processes.Keys.ToDictionary(name => name, name => spans.Sum(span => span.To.Processes[name] - span.From.Processes[name]));
        var elapsed = spans.Sum(span => bus.Time.GetElapsedTime(span.From.Timestamp, span.To.Timestamp).TotalSeconds);
        var others = spans.Sum(span => span.To.Machine - span.From.Machine - (span.To.Own - span.From.Own)) - used.Values.Sum();
        return new(
            used.ToDictionary(process => process.Key, process => process.Value * 1000 / Math.Max(1, items)),
            Math.Max(0, others / Math.Max(elapsed, 0.001)));
    }

    /// <summary>The most memory the process itself ever had resident, in bytes.</summary>
    public static long PeakMemory(ProcessIdentity process)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static double MachineSeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Enumerable.Range(1, Math.Min(MachineFields, fields.Length) - 1)
            .Where(field => field is not (MachineIdleField or MachineWaitField))
            .Sum(field => double.Parse(fields[field], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static double SecondsWithChildren(int id) => Seconds(StatOf(id), TimesWithEndedChildren) + ChildrenOf(id).Sum(stat => Seconds(stat, OwnTimes));

    private static IEnumerable<string[]> ChildrenOf(int id)
    {
        var parent = id.ToString(CultureInfo.InvariantCulture);
        return Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(folder => StatOf(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)))
            .Where(stat => stat.Length > ParentField && stat[ParentField] == parent);
    }

    private static double Seconds(string[] stat, int fields) => stat.Length < FirstTimeField + fields
        ? 0
        : stat.Skip(FirstTimeField).Take(fields).Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;

    private static string[] StatOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            // It ended between the listing and now; its parent has its time.
            return [];
        }
    }
}
