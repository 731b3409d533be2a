using System.Text.Json;

namespace Orders.Tests.Tools;

/// <summary>Checks JSON against the part of JSON Schema 2020-12 that <c>docs/schemas</c> uses; a keyword it does not know is an error, not a pass.</summary>
internal static class SchemasValidator
{
    private static readonly string[] Annotations = ["$schema", "$id", "title", "description"];

    /// <summary>What is wrong, one line each, with the place in the instance.</summary>
    public static IReadOnlyList<string> Check(JsonElement schema, JsonElement instance)
    {
        var problems = new List<string>();
        Check(schema, instance, "$", problems);
        return problems;
    }

    private static void Check(JsonElement schema, JsonElement instance, string path, List<string> problems)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            if (Problem(keyword.Name, keyword.Value, schema, instance, path, problems) is { } problem)
            {
                problems.Add($"{path}: {problem}");
            }
        }
    }

    private static string? Problem(string keyword, JsonElement value, JsonElement schema, JsonElement instance, string path, List<string> problems)
    {
        switch (keyword)
        {
            case "type":
                return Types(value).Any(type => IsOf(type, instance)) ? null : $"is {instance.ValueKind}, not {value}";
            case "const":
                return JsonElement.DeepEquals(value, instance) ? null : $"is {instance}, not {value}";
            case "enum":
                return value.EnumerateArray().Any(one => JsonElement.DeepEquals(one, instance)) ? null : $"{instance} is none of {value}";
            case "minimum":
                return instance.ValueKind != JsonValueKind.Number || instance.GetDouble() >= value.GetDouble() ? null : $"{instance} is below {value}";
            case "minItems":
                return instance.ValueKind != JsonValueKind.Array || instance.GetArrayLength() >= value.GetInt32() ? null : $"has fewer than {value} items";
            case "maxItems":
                return instance.ValueKind != JsonValueKind.Array || instance.GetArrayLength() <= value.GetInt32() ? null : $"has more than {value} items";
            case "required":
                var missing = value.EnumerateArray().Select(name => name.GetString()!).Where(name => !Has(instance, name)).ToList();
                return missing.Count == 0 ? null : $"lacks {string.Join(", ", missing)}";
            case "properties":
                if (instance.ValueKind == JsonValueKind.Object)
                {
                    foreach (var property in value.EnumerateObject().Where(property => instance.TryGetProperty(property.Name, out _)))
                    {
                        Check(property.Value, instance.GetProperty(property.Name), $"{path}.{property.Name}", problems);
                    }
                }

                return null;
            case "additionalProperties":
                return value.ValueKind == JsonValueKind.True ? null : Additional(schema, instance);
            case "items":
                if (instance.ValueKind == JsonValueKind.Array)
                {
                    foreach (var (i, item) in instance.EnumerateArray().Index())
                    {
                        Check(value, item, $"{path}[{i}]", problems);
                    }
                }

                return null;
            default:
                return Annotations.Contains(keyword) ? null : $"the schema uses {keyword}, which this validator does not know";
        }
    }

    private static string? Additional(JsonElement schema, JsonElement instance)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var known = schema.GetProperty("properties");
        var unknown = instance.EnumerateObject().Select(member => member.Name).Where(name => !known.TryGetProperty(name, out _)).ToList();
        return unknown.Count == 0 ? null : $"has {string.Join(", ", unknown)}, which the schema does not know";
    }

    /// <summary>What is no object lacks nothing: whether it may be none is for its type to say.</summary>
    private static bool Has(JsonElement instance, string name) => instance.ValueKind != JsonValueKind.Object || instance.TryGetProperty(name, out _);

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Select(one => one.GetString()!)
        : [type.GetString()!];

    private static bool IsOf(string type, JsonElement instance) => type switch
    {
        "object" => instance.ValueKind == JsonValueKind.Object,
        "array" => instance.ValueKind == JsonValueKind.Array,
        "string" => instance.ValueKind == JsonValueKind.String,
        "boolean" => instance.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => instance.ValueKind == JsonValueKind.Null,
        "integer" => instance.ValueKind == JsonValueKind.Number && instance.TryGetInt64(out _),
        "number" => instance.ValueKind == JsonValueKind.Number,
        _ => throw new InvalidOperationException($"{type} is no JSON type."),
    };
}
