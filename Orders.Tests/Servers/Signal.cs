using System.Globalization;

namespace Orders.Tests.Servers;

/// <summary>Signals to processes that a test, or the system it started, owns.</summary>
internal static class Signal
{
    public static async Task SendAsync(int process, string signal) =>
        (await Command.RunAsync("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)])).Succeeded();

    /// <summary>To a process and all that it started itself, the process first: it cannot start more meanwhile.</summary>
    public static async Task SendToFamilyAsync(int process, string signal)
    {
        await SendAsync(process, signal);
        foreach (var child in ChildrenOf(process))
        {
            // One may have ended meanwhile.
            await Command.RunAsync("kill", [$"-{signal}", child.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    private static IEnumerable<int> ChildrenOf(int process)
    {
        const int ParentField = 1;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && FieldsOf(folder) is { Length: > ParentField } fields
                && fields[ParentField] == process.ToString(CultureInfo.InvariantCulture))
            {
                yield return id;
            }
        }
    }

    /// <summary>What follows the name, which may hold spaces itself.</summary>
    private static string[] FieldsOf(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return [];
        }
    }
}
