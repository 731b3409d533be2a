using System.Globalization;
using System.Xml.Linq;

namespace Orders.Tools.Testing;

/// <summary>How many tests ended how, from the runner's XML; an error outside of a test counts as a failed one.</summary>
internal sealed record TestCounts(int Passed, int Failed, int Skipped)
{
    public static TestCounts? Read(string file)
    {
        if (!File.Exists(file) || new FileInfo(file).Length == 0)
        {
            return null;
        }

        var assemblies = XDocument.Load(file).Root?.Elements("assembly").ToList() ?? [];
        int Sum(string name) => assemblies.Sum(assembly => int.Parse(assembly.Attribute(name)?.Value ?? "0", CultureInfo.InvariantCulture));
        return new(Sum("passed"), Sum("failed") + Sum("errors"), Sum("skipped") + Sum("not-run"));
    }

    public override string ToString() => $"{Passed} passed, {Failed} failed{(Skipped > 0 ? $", {Skipped} skipped" : "")}";
}
