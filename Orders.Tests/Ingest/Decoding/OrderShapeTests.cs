using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Orders.Contracts;
using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest.Decoding;

public sealed class OrderShapeTests
{
    [Fact]
    public void The_table_of_fields_is_the_typed_message()
    {
        Assert.Equal(Describe(typeof(OrderReceived)), Describe(OrderShape.Order));
    }

    [Fact]
    public void The_sample_has_every_field_of_the_model()
    {
        Assert.Equal(Describe(OrderShape.Order).Select(field => field.Split(' ')[0]).Order(), SampleOrder.Fields.Order());
    }

    [Fact]
    public void Every_field_is_required()
    {
        foreach (var field in SampleOrder.Fields)
        {
            var refusal = SampleOrder.Refused(SampleOrder.Without(field));
            Assert.Equal((RefusalReasons.MissingField, $"$.{field}"), (refusal.Reason, refusal.JsonPath));
        }
    }

    [Fact]
    public void No_field_may_come_twice()
    {
        var sample = JsonNode.Parse(SampleOrder.Compact)!;
        foreach (var field in SampleOrder.Fields)
        {
            var steps = field.Replace("items[0]", "items.0", StringComparison.Ordinal).Split('.');
            var value = steps.Aggregate(sample, (node, step) => step == "0" ? node[0]! : node[step]!).ToJsonString();

            var refusal = SampleOrder.Refused(SampleOrder.With(field, $"{value},\"{steps[^1]}\":{value}"));

            Assert.Equal((RefusalReasons.DuplicateProperty, $"$.{field}"), (refusal.Reason, refusal.JsonPath));
        }
    }

    private static IEnumerable<string> Describe(OrderShape shape, string path = "") => shape.Fields.SelectMany(field => field.Type switch
    {
        FieldType.Text => [$"{path}{field.Name} text"],
        FieldType.Integer => [$"{path}{field.Name} integer {(field.Rule is FieldRule.Int32 or FieldRule.Percent ? 32 : 64)}"],
        FieldType.Items => Describe(field.Shape!, $"{path}{field.Name}[0].").Prepend($"{path}{field.Name} object"),
        _ => Describe(field.Shape!, $"{path}{field.Name}.").Prepend($"{path}{field.Name} object"),
    });

    private static IEnumerable<string> Describe(Type type, string path = "")
    {
        foreach (var property in type.GetProperties())
        {
            var name = path + property.GetCustomAttribute<JsonPropertyNameAttribute>()!.Name;
            var kind = property.PropertyType;
            if (kind == typeof(string) || kind == typeof(DateTimeOffset))
            {
                yield return $"{name} text";
            }
            else if (kind == typeof(long) || kind == typeof(int))
            {
                yield return $"{name} integer {(kind == typeof(int) ? 32 : 64)}";
            }
            else
            {
                yield return $"{name} object";
                var isList = kind.IsGenericType;
                var members = isList ? Describe(kind.GetGenericArguments()[0], $"{name}[0].") : Describe(kind, $"{name}.");
                foreach (var member in members)
                {
                    yield return member;
                }
            }
        }
    }
}
