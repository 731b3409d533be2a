using System.Text;
using System.Text.Json.Nodes;
using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>The decoder against an independent reader, over orders spoiled at random (by a fixed seed) and by rule.</summary>
public sealed class MutationTests
{
    private const int Mutations = 10_000;
    private const int Seed = 20211126;

    private static readonly HashSet<string> NotJson =
    [
        RefusalReasons.Empty,
        RefusalReasons.MalformedJson,
        RefusalReasons.InvalidUtf8,
        RefusalReasons.BadEncoding,
        RefusalReasons.UnknownFormat,
    ];

    [Fact]
    public void What_is_accepted_is_what_a_strict_reader_accepts_over_10000_mutations()
    {
        var random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        var outcomes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Mutations; i++)
        {
            var outcome = Judge(Mutate(random, SampleOrder.AsGiven));
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        // The mutations must reach every kind of answer, or the agreement says little.
        Assert.True(outcomes.GetValueOrDefault("stored") > Mutations / 20, Summary(outcomes));
        Assert.True(outcomes.GetValueOrDefault(RefusalReasons.MalformedJson) > Mutations / 5, Summary(outcomes));
        Assert.True(outcomes.Count >= 9, Summary(outcomes));
    }

    [Fact]
    public void Every_field_replaced_by_every_JSON_type_is_judged_as_a_strict_reader_does()
    {
        string[] values =
        [
            "null", "true", "false", "0", "-1", "100", "101", "1.5", "1e2", "-0",
            "2147483648", "9223372036854775807", "9223372036854775808",
            "\"\"", "\"x\"", "\"USD\"", "\"12\"", "\"2021-11-26T06:22:19+01:00\"", "[]", "[null]", "[1]", "[{}]", "{}", "{\"a\":null}",
        ];

        var judged = SampleOrder.Fields.SelectMany(field => values.Select(value => SampleOrder.With(field, value)))
            .Select(order => Judge(SampleOrder.Utf8(order))).ToList();

        Assert.Equal(42 * values.Length, judged.Count);
        Assert.Contains("stored", judged);
    }

    [Fact]
    public void Every_prefix_of_an_order_is_malformed_at_its_end()
    {
        var order = SampleOrder.Utf8(SampleOrder.Compact);

        for (var length = 1; length < order.Length; length++)
        {
            var refusal = SampleOrder.Read(order[..length]).Refusal;
            Assert.Equal((RefusalReasons.MalformedJson, (long?)length), (refusal?.Reason, refusal?.BytePosition));
        }

        Assert.Equal(DecodedKind.Order, SampleOrder.Read(order).Kind);
    }

    [Fact]
    public void Random_bytes_are_malformed_whatever_they_begin_with()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var refusal = SampleOrder.Read(PoisonCases.RandomBytes(seed, length: 1024)).Refusal;
            Assert.Equal((seed, RefusalReasons.MalformedJson), (seed, refusal?.Reason));
        }
    }

    [Fact]
    public void Fields_may_come_in_any_order()
    {
        var random = new Random(7);
        var members = JsonNode.Parse(SampleOrder.Compact)!.AsObject()
            .Select(member => $"\"{member.Key}\":{member.Value!.ToJsonString()}").ToArray();

        for (var i = 0; i < 100; i++)
        {
            random.Shuffle(members);
            var decoded = SampleOrder.Read($"{{{string.Join(',', members)}}}");
            Assert.Equal((DecodedKind.Order, DecodedFlags.None), (decoded.Kind, decoded.Flags));
        }
    }

    /// <summary>Fails unless decoder and judge agree; the outcome's name.</summary>
    private static string Judge(byte[] value)
    {
        var decoded = SampleOrder.Read(value);
        var stored = decoded.Kind == DecodedKind.Order;
        var reason = decoded.Refusal?.Reason;
        var text = Encoding.Latin1.GetString(value);
        Assert.True(stored == StrictJson.IsOrder(value), $"{reason ?? "stored"}, but the judge differs: {text}");

        // A number that JSON cannot spell is told as the wrong type of its field, with the field's path: more help than a byte.
        var isForeignNumber = decoded.Refusal?.Sentence.Contains("which is no JSON number", StringComparison.Ordinal) == true;
        var isNotJson = isForeignNumber || NotJson.Contains(reason ?? "");
        Assert.True(isNotJson != StrictJson.IsWellFormed(value), $"{reason ?? "stored"}, but the judge differs on form: {text}");
        return reason ?? "stored";
    }

    internal static byte[] Mutate(Random random, byte[] original)
    {
        var bytes = original.ToList();
        for (var times = random.Next(1, 3); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    Splice(random, bytes, original);
                    break;
                default:
                    ReplaceOneOfItsKind(random, bytes, at);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>The beginning of one and the end of another, cut where it may be anywhere.</summary>
    private static void Splice(Random random, List<byte> bytes, byte[] original)
    {
        var at = random.Next(bytes.Count);
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(original.AsSpan(random.Next(original.Length)));
    }

    /// <summary>
    /// A digit for a digit, a letter for a letter: keeps the form more often than not, so that the model's rules are reached.
    /// </summary>
    private static void ReplaceOneOfItsKind(Random random, List<byte> bytes, int at)
    {
        var letters = "aZ_\\u0-"u8;
        bytes[at] = char.IsAsciiDigit((char)bytes[at]) ? (byte)random.Next('0', '9' + 1)
            : char.IsAsciiLetter((char)bytes[at]) ? letters[random.Next(letters.Length)]
            : (byte)' ';
    }

    private static string Summary(Dictionary<string, int> outcomes) =>
        string.Join(", ", outcomes.Select(outcome => $"{outcome.Key}: {outcome.Value}"));
}
