using System.Text.Json;
using Orders.Tests.Tidy;

namespace Orders.Tests.Tools;

/// <summary>The schemas in <c>docs/schemas</c>, found by what a result says of itself.</summary>
internal static class Schemas
{
    public static string Folder => SourceTree.Repository.PathOf(Path.Combine("docs", "schemas"));

    /// <summary>Fails unless the result names a schema that is there and keeps it.</summary>
    /// <returns>The result.</returns>
    public static JsonElement Validate(string result)
    {
        var instance = JsonDocument.Parse(result).RootElement;
        var problems = SchemasValidator.Check(Of(instance.GetProperty("schema").GetString()!), instance);
        Assert.True(problems.Count == 0, $"{string.Join('\n', problems)}\n{result}");
        return instance;
    }

    /// <summary>The schema called <c>busorders/NAME/1</c>, from its file <c>NAME.json</c>.</summary>
    public static JsonElement Of(string name)
    {
        var file = Path.Combine(Folder, $"{name.Split('/')[1]}.json");
        Assert.True(File.Exists(file), $"There is no {file} for schema {name}.");
        var schema = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        Assert.Equal(name, schema.GetProperty("$id").GetString());
        return schema;
    }
}
