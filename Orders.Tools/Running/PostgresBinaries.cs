using System.Globalization;

namespace Orders.Tools.Running;

/// <summary>The programs of an installed PostgreSQL.</summary>
internal sealed record PostgresBinaries(string Folder, int Version)
{
    private const string DebianFolder = "/usr/lib/postgresql";

    public string Server => Path.Combine(Folder, "postgres");

    public string InitDb => Path.Combine(Folder, "initdb");

    /// <summary>The newest installed version; the one that made <paramref name="dataDirectory"/> if there is one.</summary>
    public static PostgresBinaries? Find(string? dataDirectory = null)
    {
        var installed = Installed().OrderByDescending(binaries => binaries.Version).ToList();
        if (dataDirectory is null || !File.Exists(Path.Combine(dataDirectory, "PG_VERSION")))
        {
            return installed.FirstOrDefault();
        }

        var version = int.Parse(File.ReadAllText(Path.Combine(dataDirectory, "PG_VERSION")), CultureInfo.InvariantCulture);
        return installed.FirstOrDefault(binaries => binaries.Version == version || binaries.Version == 0)
            ?? throw BusException.Unreachable(
                $"{dataDirectory} was made by PostgreSQL {version}, which is not installed. Run: apt-get install postgresql-{version}");
    }

    private static IEnumerable<PostgresBinaries> Installed()
    {
        if (Directory.Exists(DebianFolder))
        {
            foreach (var folder in Directory.EnumerateDirectories(DebianFolder))
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                    && File.Exists(Path.Combine(folder, "bin", "initdb")))
                {
                    yield return new(Path.Combine(folder, "bin"), version);
                }
            }
        }

        // A PostgreSQL that was installed by other means: its version is not known from its folder.
        if (Programs.Find("initdb") is { } elsewhere)
        {
            yield return new(Path.GetDirectoryName(elsewhere)!, 0);
        }
    }
}
