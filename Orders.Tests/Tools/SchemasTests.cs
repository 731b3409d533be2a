using System.Text.Json;
using Orders.Tools;
using Orders.Tools.Down;
using Orders.Tools.Printing;
using Orders.Tools.Status;

namespace Orders.Tests.Tools;

public sealed class SchemasTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bus-schema").FullName;

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Schemas.Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file))];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_schema_is_of_2020_12_and_named_like_its_file_and_demands_that_name(string name)
    {
        var schema = Schemas.Of($"busorders/{name}/1");
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.GetProperty("$schema").GetString());
        Assert.Equal($"busorders/{name}/1", schema.GetProperty("properties").GetProperty("schema").GetProperty("const").GetString());
        Assert.Contains("schema", schema.GetProperty("required").EnumerateArray().Select(required => required.GetString()));
        Assert.NotEmpty(SchemasValidator.Check(schema, JsonDocument.Parse("{}").RootElement));
    }

    [Fact]
    public async Task Where_nothing_runs_results_keep_their_schemas_too()
    {
        Assert.Equal("stopped", Schemas.Validate(await RunAsync("status")).GetProperty("state").GetString());
        Assert.Equal(0, Schemas.Validate(await RunAsync("down")).GetProperty("stopped").GetInt32());
    }

    [Theory]
    [InlineData("""{"type":"object"}""", "[]", "$: is Array, not object")]
    [InlineData("""{"type":["string","null"]}""", "5", """$: is Number, not ["string","null"]""")]
    [InlineData("""{"type":"integer"}""", "1.5", "$: is Number, not integer")]
    [InlineData("""{"properties":{"a":{"const":1}}}""", """{"a":2}""", "$.a: is 2, not 1")]
    [InlineData("""{"required":["a","b"]}""", """{"a":2}""", "$: lacks b")]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"a":1,"c":2}""", "$: has c, which the schema does not know")]
    [InlineData("""{"items":{"enum":["x","y"]}}""", """["x","z"]""", """$[1]: z is none of ["x","y"]""")]
    [InlineData("""{"minimum":0}""", "-1", "$: -1 is below 0")]
    [InlineData("""{"maxItems":1}""", "[1,2]", "$: has more than 1 items")]
    [InlineData("""{"minItems":1}""", "[]", "$: has fewer than 1 items")]
    [InlineData("""{"oneOf":[]}""", "1", "$: the schema uses oneOf, which this validator does not know")]
    public void The_validator_finds_what_is_wrong(string schema, string instance, string problem) =>
        Assert.Equal([problem], SchemasValidator.Check(JsonDocument.Parse(schema).RootElement, JsonDocument.Parse(instance).RootElement));

    [Fact]
    public void The_validator_passes_what_is_right()
    {
        const string schema = """
            {"type":"object","properties":{"a":{"type":["integer","null"],"minimum":1},"b":{"type":"array","items":{"type":"string"},"maxItems":2}},
             "required":["a"],"additionalProperties":false}
            """;
        foreach (var right in new[] { """{"a":1}""", """{"a":null,"b":[]}""", """{"a":7,"b":["x","y"]}""" })
        {
            Assert.Empty(SchemasValidator.Check(JsonDocument.Parse(schema).RootElement, JsonDocument.Parse(right).RootElement));
        }
    }

    private async Task<string> RunAsync(string verb)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var bus = new BusContext(new Terminal(output, error, interactive: false), "/nowhere", TimeProvider.System);
        await new CommandLine(bus, [StatusVerb.Define(bus), DownVerb.Define(bus)])
            .RunAsync([verb, "--json", "--dir", _directory], TestContext.Current.CancellationToken);
        return output.ToString();
    }
}
