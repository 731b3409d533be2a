using System.Text.RegularExpressions;

namespace Orders.Tests.Tidy;

/// <summary>What the documents point at is there, and the first page stays one that is read.</summary>
public sealed partial class DocumentTests
{
    private const int ReadmeLines = 150;
    private const string Architecture = "docs/ARCHITECTURE.md";

    [Fact]
    public void The_readme_is_short()
    {
        var lines = Read("README.md").Lines.Length;

        Assert.True(lines <= ReadmeLines, $"README.md has {lines} lines, {ReadmeLines} are the most: move something to docs/.");
    }

    [Fact]
    public void Links_in_documents_lead_somewhere()
    {
        var documents = SourceTree.Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal)).ToList();

        Assert.Contains(documents, document => document.Path == Architecture);
        Assert.Empty(documents.SelectMany(BrokenLinks));
    }

    [Fact]
    public void Files_the_architecture_names_exist()
    {
        var named = NamedFile().Matches(Read(Architecture).Text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal).ToList();

        Assert.True(named.Count > 50, $"Only {named.Count} names were found; the pattern no longer fits how the document names files.");
        Assert.DoesNotContain(named, name => !IsThere(name));
    }

    [Theory]
    [InlineData("see [a](b.md)", "x.md: b.md is not there")]
    [InlineData("see [a](README.md#nothing-like-that)", "x.md: README.md has no heading #nothing-like-that")]
    public void A_broken_link_is_found(string text, string finding)
    {
        Assert.Equal([finding], BrokenLinks(new SourceFile("x.md", text)));
    }

    [Fact]
    public void What_is_fine_or_elsewhere_is_no_broken_link()
    {
        Assert.Empty(BrokenLinks(new SourceFile("x.md", "# A `b`, c\n[up](#a-b-c) [file](README.md) [web](https://example.org/a)")));
    }

    private static IEnumerable<string> BrokenLinks(SourceFile document)
    {
        foreach (var target in Link().Matches(document.Text).Select(match => match.Groups[1].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            var (file, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, "");
            var path = file.Length == 0 ? document.Path : Path.Combine(Path.GetDirectoryName(document.Path)!, file);
            if (file.Length > 0 && !IsThere(path))
            {
                yield return $"{document.Path}: {file} is not there";
            }
            else if (anchor.Length > 0 && !Anchors(file.Length == 0 ? document : Read(path)).Contains(anchor))
            {
                yield return $"{document.Path}: {path} has no heading #{anchor}";
            }
        }
    }

    /// <summary>Headings as the usual renderers turn them into anchors.</summary>
    private static IEnumerable<string> Anchors(SourceFile document) => document.Lines
        .Where(line => line.StartsWith('#'))
        .Select(line => NoAnchor().Replace(line.TrimStart('#').Trim(), "").Replace(' ', '-'))
        .Select(anchor => string.Concat(anchor.Select(char.ToLowerInvariant)));

    private static bool IsThere(string path) => Path.Exists(SourceTree.Repository.PathOf(path));

    private static SourceFile Read(string path) => new(path, File.ReadAllText(SourceTree.Repository.PathOf(path)));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:Bus|Orders)\.\w+/[\w./-]*|(?:build|compose|docs)/[\w./-]*)`")]
    private static partial Regex NamedFile();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
