using System.Globalization;

namespace Orders.Tools.Running;

/// <summary>
/// One process and no other: ids are given again, so an id counts only together with the time the process started, in ticks since
/// the boot it belongs to. Nothing is ever signalled by id alone.
/// </summary>
internal sealed record ProcessIdentity(int Id, long StartTicks, string BootId)
{
    private const int StateField = 0;
    private const int StartTimeField = 19;
    private static readonly string[] SocketTables = ["tcp", "tcp6"];

    public static ProcessIdentity Current => Of(Environment.ProcessId)
        ?? throw BusException.Failed("/proc does not show this process; bus needs a Linux with /proc.");

    /// <summary>The live process that has <paramref name="id"/> now; null where there is none.</summary>
    public static ProcessIdentity? Of(int id) =>
        StartTicksOf(ReadOrNull($"/proc/{id}/stat")) is { } ticks
            ? new(id, ticks, ReadOrNull("/proc/sys/kernel/random/boot_id") ?? "")
            : null;

    /// <summary>Whether this very process still runs; one that ended and waits to be reaped does not.</summary>
    public bool IsAlive() => Of(Id) == this;

    /// <summary>
    /// Whether this process, and not another one that took the port first, listens on <paramref name="port"/>. Seen only of a process
    /// of the caller's own user.
    /// </summary>
    public bool ListensOn(int port)
    {
        var sockets = SocketTables
            .SelectMany(table => (ReadOrNull($"/proc/{Id}/net/{table}") ?? "").Split('\n'))
            .Select(line => ListenerOf(line, port))
            .OfType<string>()
            .ToHashSet();
        try
        {
            return IsAlive() && Directory.EnumerateFiles($"/proc/{Id}/fd").Any(file => sockets.Contains(new FileInfo(file).LinkTarget ?? ""));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// What a file descriptor of the socket that listens on <paramref name="port"/> links to, from a line of <c>/proc/net/tcp</c>;
    /// null for any other socket.
    /// </summary>
    public static string? ListenerOf(string line, int port)
    {
        const int LocalAddress = 1;
        const int State = 3;
        const int Inode = 9;
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > Inode
            && fields[State] == "0A"
            && fields[LocalAddress].EndsWith(string.Create(CultureInfo.InvariantCulture, $":{port:X4}"), StringComparison.Ordinal)
            ? $"socket:[{fields[Inode]}]"
            : null;
    }

    /// <summary>When the process started, from <c>/proc/ID/stat</c>; null for no process and for a zombie.</summary>
    public static long? StartTicksOf(string? stat)
    {
        // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
        var afterName = stat?.LastIndexOf(')') ?? -1;
        if (afterName < 0)
        {
            return null;
        }

        var fields = stat![(afterName + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTimeField && fields[StateField] is not ("Z" or "X")
            ? long.Parse(fields[StartTimeField], CultureInfo.InvariantCulture)
            : null;
    }

    private static string? ReadOrNull(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (IOException)
        {
            // The process is gone.
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
