using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// A process as the supervisor starts it: in a session of its own, so that a Ctrl-C reaches the supervisor alone, and with a log
/// file as its output, so that it outlives a supervisor that was killed.
/// </summary>
internal sealed record Launch(string Log, string File, IReadOnlyList<string> Arguments)
{
    private const long LargestLog = 16 * 1024 * 1024;
    private const int TailLines = 15;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>A hash over all of it.</summary>
    public string Settings
    {
        get
        {
            var all = string.Join(
                '\0', [File, .. Arguments, .. Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)))[..16];
        }
    }

    public ProcessEntry Start()
    {
        var entry = Start(out var child);
        child.Dispose();
        return entry;
    }

    /// <param name="child">The process, for who wants to know how it ends.</param>
    public ProcessEntry Start(out Process child)
    {
        // Logs are for whoever started the system.
        Directory.CreateDirectory(Path.GetDirectoryName(Log)!);
        if (new FileInfo(Log) is { Exists: true, Length: > LargestLog })
        {
            System.IO.File.Move(Log, $"{Log}.1", overwrite: true);
        }

        // Debian's sh would drop every setting whose name has a dot, as librdkafka's have. With -p bash takes no start-up file and no function
        // from the environment.
        var start = new ProcessStartInfo(
            "setsid", ["bash", "-p", "-c", "umask 077; log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "bash", Log, File, .. Arguments])
        {
            WorkingDirectory = WorkingDirectory ?? "/",
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        child = Process.Start(start) ?? throw BusException.Unreachable($"{File} did not start.");
        return ProcessIdentity.Of(child.Id) is { } identity
            ? new(identity, Settings)
            : throw BusException.Unreachable($"{File} ended at once.{Tail(Log)}");
    }

    /// <summary>The last lines of a log, to be put behind an error.</summary>
    public static string Tail(string log) => System.IO.File.Exists(log)
        ? $" The end of {log}:\n{string.Join('\n', System.IO.File.ReadLines(log).TakeLast(TailLines).Select(line => "    " + line))}"
        : "";

    /// <summary>
    /// Arguments that run <paramref name="command"/> as user postgres when this is root, which Postgres refuses to run as.
    /// </summary>
    public static string[] AsPostgres(params string[] command) => System.Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", .. command]
        : command;
}
