namespace Orders.Tests.Tidy;

/// <summary>The repository the tests were built from, as files.</summary>
internal sealed class SourceTree(string root)
{
    private static readonly string[] NotSources = [".git", "bin", "obj", ".bus", "TestResults", ".vs", ".idea", "node_modules"];

    /// <summary>The tree around the running tests.</summary>
    public static SourceTree Repository { get; } = new(FindRoot());

    /// <summary>All files, as paths from the root with forward slashes, sorted.</summary>
    public IReadOnlyList<string> Files { get; } = [.. Walk(root, root).Order(StringComparer.Ordinal)];

    public IEnumerable<string> CSharpFiles => Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    public string Read(string file) => File.ReadAllText(PathOf(file));

    public string[] ReadLines(string file) => File.ReadAllLines(PathOf(file));

    public string PathOf(string file) => Path.Combine(root, file);

    private static IEnumerable<string> Walk(string root, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return Path.GetRelativePath(root, file).Replace('\\', '/');
        }

        foreach (var inner in Directory.EnumerateDirectories(folder).Where(inner => !NotSources.Contains(Path.GetFileName(inner))))
        {
            foreach (var file in Walk(root, inner))
            {
                yield return file;
            }
        }
    }

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
