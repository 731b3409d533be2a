namespace Orders.Tests.Tidy;

/// <summary>The repository the tests were built from, as files.</summary>
internal sealed class SourceTree(string root)
{
    private static readonly string[] NotSources = [".git", "bin", "obj", ".bus", "TestResults", ".vs", ".idea", "node_modules"];

    /// <summary>The tree around the running tests.</summary>
    public static SourceTree Repository { get; } = new(FindRoot());

    /// <summary>All text files, sorted by path.</summary>
    public IEnumerable<SourceFile> Files => Walk(root)
        .Select(path => new SourceFile(Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllText(path)))
        .Where(file => !file.Text.Contains('\0', StringComparison.Ordinal))
        .OrderBy(file => file.Path, StringComparer.Ordinal);

    public string PathOf(string file) => Path.Combine(root, file);

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateDirectories(folder)
        .Where(inner => !NotSources.Contains(Path.GetFileName(inner)))
        .SelectMany(Walk)
        .Concat(Directory.EnumerateFiles(folder));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "BusOrders.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException(
            $"No BusOrders.sln was found above {AppContext.BaseDirectory}; run the tests from where the repository built them.");
    }
}
