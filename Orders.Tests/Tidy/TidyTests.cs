namespace Orders.Tests.Tidy;

/// <summary>The repository checks itself: rules that matter stand here, not in prose.</summary>
public sealed class TidyTests
{
    private static readonly Func<SourceFile, IEnumerable<Finding>>[] Rules =
        [ProjectReferences.Check, Sizes.Check, Words.Check, Words.CheckRoom, Constructs.Check];

    [Fact]
    public void The_repository_keeps_its_rules()
    {
        var findings = SourceTree.Repository.Files.SelectMany(file => Rules.SelectMany(rule => rule(file))).ToList();

        Assert.True(findings.Count == 0, $"{findings.Count} broken rules\n{string.Join('\n', findings)}");
    }

    [Fact]
    public void The_repository_is_really_read()
    {
        var projects = SourceTree.Repository.Files.Select(file => file.Path)
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && !path.StartsWith("build/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(ProjectReferences.Allowed.Keys.Order(), projects.Order());
    }

    [Fact]
    public void A_reference_out_of_the_table_is_found()
    {
        const string project = """
            <Project>
              <ItemGroup>
                <ProjectReference Include="../build/x/x.csproj" />
                <ProjectReference Include="../Orders.Contracts/Orders.Contracts.csproj" />
                <ProjectReference Include="..\Bus.Storage\Bus.Storage.csproj" />
              </ItemGroup>
            </Project>
            """;

        Assert.Equal(
            ["Orders.Gateway/Orders.Gateway.csproj:5: error: Orders.Gateway must not reference Bus.Storage, "
                + "move what it needs into a project both may reference"],
            Find("Orders.Gateway/Orders.Gateway.csproj", project));
        Assert.Equal(
            ["Orders.More/Orders.More.csproj:1: error: Orders.More is not one of the projects, put its code in a room of one that is"],
            Find("Orders.More/Orders.More.csproj", project));
    }

    [Fact]
    public void What_is_too_long_is_found_at_its_first_line()
    {
        var method = $"class C\n{{\n    void M()\n    {{\n{Lines(67, "        ;")}\n    }}\n}}";
        var longer = method.Replace("    {\n", "    {\n        ;\n", StringComparison.Ordinal);

        Assert.Empty(Find("A/C.cs", method));
        Assert.Equal(["A/C.cs:3: error: a method of 71 lines is longer than 70, split it by concern"], Find("A/C.cs", longer));
        Assert.Empty(Find("A/C.cs", Lines(400, "//")));
        Assert.Equal(["A/C.cs:401: error: 401 lines are more than 400, cut the file by concern"], Find("A/C.cs", Lines(401, "//")));
        Assert.Equal(["A/C.cs:2: error: 141 columns are more than 140, break the line"], Find("A/C.cs", $"\n{new string('/', 141)}"));
        Assert.Equal(
            ["Orders.Service/Program.cs:61: error: 61 lines are more than 60, leave a table of contents and move the rest to its rooms"],
            Find("Orders.Service/Program.cs", Lines(61, "//")));
    }

    [Theory]
    [InlineData("TO", "DO: later", "a.md")]
    [InlineData("FIX", "ME", "a.sql")]
    [InlineData("// HA", "CK", "a.cs")]
    [InlineData("throw new NotImplemented", "Exception();", "a.cs")]
    [InlineData("cd /wo", "rk/main", "a.sh")]
    [InlineData("/tmp/bash", "_jobs/1", "a.md")]
    [InlineData("https://api.nu", "get.org/v3", "nuget.config")]
    [InlineData("https://regi", "stry.example.org", "a.md")]
    [InlineData("x.inner", "HTML = y", "a.js")]
    [InlineData("@Html", ".Raw(x)", "a.cshtml")]
    [InlineData("(Markup", "String)x", "a.razor")]
    [InlineData("db.FromSql", "Raw(x)", "a.cs")]
    public void A_banned_word_is_found_but_not_a_part_of_one(string start, string end, string file)
    {
        var finding = Assert.Single(Find(file, $"\n{start}{end}\n"));

        Assert.StartsWith($"{file}:2: error: ", finding, StringComparison.Ordinal);
        Assert.Empty(Find(file, $"\n{start}\n{end}\n"));
    }

    [Theory]
    [InlineData("Orders.Service/Models/A.cs")]
    [InlineData("Orders.Service/Ingest/helpers/A.cs")]
    public void A_room_named_after_a_kind_of_type_is_found(string path)
    {
        Assert.EndsWith("name the room after its step of the flow", Assert.Single(Find(path, "")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("try { F(); } catch { }", "an empty catch hides an error")]
    [InlineData("try { F(); } catch (E e) when (e.X)\n{\n}", "an empty catch hides an error")]
    [InlineData("#pragma warning disable CA1822\n", "a warning is silenced without a reason")]
    [InlineData("[SuppressMessage(\"a\", \"b\")] void F() { }", "a warning is silenced without a reason")]
    [InlineData("await Task.Delay(1, stop);", "a test sleeps")]
    [InlineData("System.Threading.Thread.Sleep(1);", "a test sleeps")]
    [InlineData("var dlqSize = 1;", "dlqSize is a second word for a concept")]
    [InlineData("void DrainDeadLetterQueue() { }", "DrainDeadLetterQueue is a second word for a concept")]
    public void A_banned_construct_is_found(string code, string problem)
    {
        Assert.Contains(problem, Assert.Single(Find("Orders.Tests/A.cs", code)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Orders.Tests/A.cs", "try { F(); } catch { /* The next pass tells. */ }")]
    [InlineData("Orders.Tests/A.cs", "#pragma warning disable CA1822 // The harness finds instance methods only.\n")]
    [InlineData("Orders.Tests/A.cs", "[SuppressMessage(\"a\", \"b\", Justification = \"c\")] void F() { }")]
    [InlineData("Orders.Tests/A.cs", "// Task.Delay(1) in a comment\nvar s = \"Thread.Sleep(1)\";")]
    [InlineData("Orders.Service/A.cs", "await Task.Delay(delay, timeProvider, stop);")]
    [InlineData("Orders.Tools/A.cs", "var dlq = 1;")]
    [InlineData("Orders.Service/Serviced/A.cs", "")]
    public void What_has_a_reason_passes(string path, string code)
    {
        Assert.Empty(Find(path, code));
    }

    private static List<string> Find(string path, string text) =>
        [.. Rules.SelectMany(rule => rule(new SourceFile(path, text))).Select(finding => finding.ToString())];

    private static string Lines(int count, string line) => string.Join('\n', Enumerable.Repeat(line, count));
}
