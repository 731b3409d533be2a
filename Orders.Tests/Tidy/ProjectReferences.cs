using System.Xml;
using System.Xml.Linq;

namespace Orders.Tests.Tidy;

/// <summary>Who may reference whom: <c>Bus.*</c> never learns what an order is, and a checker shares no code with what it checks.</summary>
internal static class ProjectReferences
{
    /// <summary>The projects and what each may reference; <c>build/</c> holds what only the build needs and is open to all.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Bus.Kafka"] = [],
        ["Bus.Storage"] = [],
        ["Bus.Caching"] = [],
        ["Orders.Contracts"] = [],
        ["Orders.Service"] = ["Bus.Kafka", "Bus.Storage", "Orders.Contracts"],
        ["Orders.Gateway"] = ["Bus.Kafka", "Bus.Caching", "Orders.Contracts"],
        ["Orders.Tools"] = ["Orders.Contracts"],
        ["Orders.Tests"] =
            ["Bus.Kafka", "Bus.Storage", "Bus.Caching", "Orders.Contracts", "Orders.Service", "Orders.Gateway", "Orders.Tools"],
    };

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.Path.EndsWith(".csproj", StringComparison.Ordinal) || file.Path.StartsWith("build/", StringComparison.Ordinal))
        {
            yield break;
        }

        var project = NameOf(file.Path);
        if (!Allowed.TryGetValue(project, out var allowed))
        {
            yield return new Finding(file.Path, 1, $"{project} is not one of the projects", "put its code in a room of one that is");
            yield break;
        }

        foreach (var reference in XDocument.Parse(file.Text, LoadOptions.SetLineInfo).Descendants("ProjectReference"))
        {
            var include = reference.Attribute("Include")?.Value.Replace('\\', '/') ?? "";
            if (!include.StartsWith("../build/", StringComparison.Ordinal) && !allowed.Contains(NameOf(include)))
            {
                var line = ((IXmlLineInfo)reference).LineNumber;
                var problem = $"{project} must not reference {NameOf(include)}";
                yield return new Finding(file.Path, line, problem, "move what it needs into a project both may reference");
            }
        }
    }

    private static string NameOf(string project) => Path.GetFileNameWithoutExtension(project);
}
