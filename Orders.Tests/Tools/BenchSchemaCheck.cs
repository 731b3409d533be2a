using System.Text.Json;
using Orders.Tests.Tidy;

namespace Orders.Tests.Tools;

/// <summary>Checks a document against a schema of <c>docs/schemas</c>: the plain keywords they use, and no other may be used.</summary>
internal static class BenchSchemaCheck
{
    private static readonly string[] Remarks = ["$schema", "$id", "title", "description"];

    /// <summary>Where the document breaks the schema; empty when it does not.</summary>
    public static IReadOnlyList<string> Faults(string schema, object document)
    {
        var rules = JsonDocument.Parse(File.ReadAllText(SourceTree.Repository.PathOf($"docs/schemas/{schema}.json"))).RootElement;
        var value = JsonSerializer.SerializeToElement(document, JsonSerializerOptions.Web);
        return [.. Check(rules, value, "$")];
    }

    private static IEnumerable<string> Check(JsonElement rules, JsonElement value, string path) => rules.EnumerateObject().SelectMany(rule => rule.Name switch
    {
        "type" => Types(rule.Value).Any(type => IsOf(value, type)) ? [] : [$"{path} is no {rule.Value}: {value}"],
        "const" => JsonElement.DeepEquals(rule.Value, value) ? [] : [$"{path} is not {rule.Value}: {value}"],
        "enum" => rule.Value.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)) ? [] : [$"{path} is none of {rule.Value}: {value}"],
        "required" => rule.Value.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path}.{name} is missing"),
        "properties" => value.EnumerateObject().SelectMany(property => rule.Value.TryGetProperty(property.Name, out var inner)
            ? Check(inner, property.Value, $"{path}.{property.Name}")
            : [$"{path}.{property.Name} is not in the schema"]),
        "items" => value.EnumerateArray().Index().SelectMany(item => Check(rule.Value, item.Item, $"{path}[{item.Index}]")),
        _ => Remarks.Contains(rule.Name) ? [] : [$"the schema says {rule.Name}, which is not a plain keyword"],
    });

    private static IEnumerable<string?> Types(JsonElement rule) =>
        rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Select(type => type.GetString()) : [rule.GetString()];

    private static bool IsOf(JsonElement value, string? type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => false,
    };
}
