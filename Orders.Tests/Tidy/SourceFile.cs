using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Orders.Tests.Tidy;

/// <summary>One file of the repository as the rules see it.</summary>
/// <param name="Path">From the root, with forward slashes.</param>
/// <param name="Text">What it holds.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private SyntaxNode? root;

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsTest => Path.StartsWith("Orders.Tests/", StringComparison.Ordinal);

    /// <summary>The file's lines, without the empty one behind the last line break.</summary>
    public string[] Lines { get; } = Text.TrimEnd('\n').Split('\n');

    /// <summary>The syntax of a C# file.</summary>
    public SyntaxNode Root => root ??= CSharpSyntaxTree.ParseText(Text).GetRoot();

    /// <summary>A finding for each line that <paramref name="pattern"/> matches.</summary>
    public IEnumerable<Finding> FindLines(Regex pattern, string problem, string remedy) =>
        Lines.Index().Where(line => pattern.IsMatch(line.Item)).Select(line => new Finding(Path, line.Index + 1, problem, remedy));

    public Finding At(SyntaxNode node, string problem, string remedy) => At(node.GetLocation(), problem, remedy);

    public Finding At(Location place, string problem, string remedy) =>
        new(Path, place.GetLineSpan().StartLinePosition.Line + 1, problem, remedy);
}

/// <summary>A broken rule, told the way compilers do, so that editors can jump there.</summary>
internal sealed record Finding(string Path, int Line, string Problem, string Remedy)
{
    public override string ToString() => $"{Path}:{Line}: error: {Problem}, {Remedy}";
}
