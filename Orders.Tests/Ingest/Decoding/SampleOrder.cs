using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Orders.Service.Ingest.Decoding;
using Orders.Tests.Tidy;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>The sample order, and ways to spoil it.</summary>
internal static class SampleOrder
{
    public const string Uid = "b563feb7b2b84b6test";

    /// <summary>Escapes no more than JSON asks for, as the sample does.</summary>
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>When all of these tests take place.</summary>
    public static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Says <see cref="Now"/>, always.</summary>
    public static readonly TimeProvider Clock = new StoppedClock();

    public static readonly byte[] AsGiven = File.ReadAllBytes(SourceTree.Repository.PathOf("Orders.Tests/Ingest/Decoding/model.json"));

    /// <summary>Without white space: 835 bytes.</summary>
    public static readonly string Compact = JsonNode.Parse(AsGiven)!.ToJsonString(Plain);

    /// <summary>The path of every field of the model that the sample has, such as <c>items[0].price</c>.</summary>
    public static readonly IReadOnlyList<string> Fields =
        [.. FieldsOf(JsonNode.Parse(AsGiven)!, "").Where(path => path.Length > 0 && path[^1] != ']').Select(path => path[1..])];

    /// <summary>The sample with each field named set to a raw text, which need not be JSON.</summary>
    public static string With(params (string Field, string Raw)[] changes)
    {
        var order = JsonNode.Parse(Compact)!.AsObject();
        for (var i = 0; i < changes.Length; i++)
        {
            var (owner, name) = Find(order, changes[i].Field);
            owner[name] = $"@raw{i}@";
        }

        var text = order.ToJsonString(Plain);
        for (var i = 0; i < changes.Length; i++)
        {
            text = text.Replace($"\"@raw{i}@\"", changes[i].Raw, StringComparison.Ordinal);
        }

        return text;
    }

    public static string With(string field, string raw) => With((field, raw));

    public static string Without(string field)
    {
        var order = JsonNode.Parse(Compact)!.AsObject();
        var (owner, name) = Find(order, field);
        owner.Remove(name);
        return order.ToJsonString(Plain);
    }

    /// <summary>The sample with raw members put before its first.</summary>
    public static string WithFirst(string members) => $"{{{members},{Compact.AsSpan(1)}";

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static OrderReader Reader(ConsistencyRule consistency = ConsistencyRule.Accept) =>
        Reader(new DecodingOptions { Consistency = consistency });

    public static OrderReader Reader(DecodingOptions options) => new(Options.Create(options), Clock);

    public static Decoded Read(byte[]? value) => Reader().Read(Utf8(Uid), value, 0, 0);

    public static Decoded Read(string value) => Read(Utf8(value));

    /// <summary>The refusal of a value that must be refused.</summary>
    public static Refusal Refused(string value)
    {
        var decoded = Read(value);
        Assert.Equal(DecodedKind.Refused, decoded.Kind);
        return decoded.Refusal!;
    }

    private static (JsonObject Owner, string Name) Find(JsonObject order, string field)
    {
        var steps = field.Split('.');
        JsonNode owner = order;
        foreach (var step in steps[..^1])
        {
            owner = step == "items[0]" ? order["items"]![0]! : owner[step]!;
        }

        return (owner.AsObject(), steps[^1]);
    }

    private static IEnumerable<string> FieldsOf(JsonNode node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => FieldsOf(member.Value!, $"{path}.{member.Key}")).Prepend(path),
        JsonArray elements => FieldsOf(elements[0]!, $"{path}[0]").Prepend(path),
        _ => [path],
    };

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
