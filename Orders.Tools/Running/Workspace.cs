using System.CommandLine;

namespace Orders.Tools.Running;

/// <summary>The directory of one system and what lies where in it.</summary>
internal sealed class Workspace(string path)
{
    public string Path { get; } = path;

    public string StateFile => In("state.json");

    public string SecretsFile => In("secrets.json");

    public string SupervisorLog => LogOf(ProcessName.Supervisor);

    public static Option<string?> Option() => new("--dir")
    {
        Description = "The directory of the system; several can run side by side. Default: .bus in the repository.",
        HelpName = "D",
    };

    public static Option<bool> JsonOption() => new("--json") { Description = "Print the result as JSON on standard output." };

    public static Workspace Of(string? asked, string root) => new(BusDirectory.Choose(asked, root).Path);

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public string LogOf(string process) => In("logs", $"{process}.log");

    /// <summary>Makes the directory. As root it must let user postgres through, who sees its own folder only.</summary>
    public void Create()
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var mode = Environment.IsPrivilegedProcess ? own | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : own;
        if (Path.StartsWith(BusDirectory.Fallback + "/", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(BusDirectory.Fallback, mode);
        }

        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | mode);
        Directory.CreateDirectory(In("logs"), own);
    }
}
