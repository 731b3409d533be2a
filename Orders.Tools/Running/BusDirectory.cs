using System.Security.Cryptography;
using System.Text;

namespace Orders.Tools.Running;

/// <summary>
/// Chooses the directory of a system. The rule is the same in every verb: the directory asked for, unless root asks and user
/// postgres could not get to it; then a folder below <c>/var/lib/busorders</c> that is named after it.
/// </summary>
internal sealed record BusDirectory(string Path, string? Instead)
{
    public const string Fallback = "/var/lib/busorders";

    private const UnixFileMode Open = UnixFileMode.OtherExecute;

    public static BusDirectory Choose(string? asked, string root) =>
        Choose(asked, root, Environment.IsPrivilegedProcess, ModeOf);

    /// <param name="asked">The value of <c>--dir</c>; null for the default below <paramref name="root"/>.</param>
    /// <param name="root">The root of the repository.</param>
    /// <param name="privileged">Whether this is root, so that Postgres runs as another user.</param>
    /// <param name="modeOf">The mode of a folder; null where there is none.</param>
    public static BusDirectory Choose(string? asked, string root, bool privileged, Func<string, UnixFileMode?> modeOf)
    {
        var wanted = System.IO.Path.TrimEndingDirectorySeparator(
            System.IO.Path.GetFullPath(asked ?? System.IO.Path.Combine(root, ".bus")));
        if (!privileged)
        {
            return new(wanted, null);
        }

        // The directory itself is ours and is opened when it is made; what lies above it belongs to others and stays as it is.
        for (var above = System.IO.Path.GetDirectoryName(wanted); above is not null; above = System.IO.Path.GetDirectoryName(above))
        {
            if (modeOf(above) is { } mode && !mode.HasFlag(Open))
            {
                return new(System.IO.Path.Combine(Fallback, ShortHash(wanted)), wanted);
            }
        }

        return new(wanted, null);
    }

    private static string ShortHash(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..10];

    private static UnixFileMode? ModeOf(string folder) => Directory.Exists(folder) ? File.GetUnixFileMode(folder) : null;
}
