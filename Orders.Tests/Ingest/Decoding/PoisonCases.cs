using System.Text;
using static Orders.Tests.Ingest.Decoding.SampleOrder;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>One poison input: what a record may hold that a decoder meets sooner or later.</summary>
/// <param name="Row">The group, such as <c>P05</c>.</param>
/// <param name="Name">What is wrong, unique in the group.</param>
/// <param name="Value">The record's value.</param>
internal sealed record PoisonCase(string Row, string Name, byte[]? Value)
{
    public PoisonCase(string row, string name, string value)
        : this(row, name, Utf8(value))
    {
    }

    public byte[]? Key { get; init; } = Utf8(Uid);

    public int HeaderCount { get; init; }

    public long HeaderBytes { get; init; }

    /// <summary>Whether contradictions are refused.</summary>
    public bool Strict { get; init; }
}

/// <summary>
/// The poison inputs a decoder can tell; those told by the database (duplicates, versions, timestamps) are tested with it.
/// </summary>
internal static partial class PoisonCases
{
    public static IEnumerable<PoisonCase> All =>
        Framing().Concat(Encodings()).Concat(Sizes()).Concat(Names()).Concat(Uids()).Concat(Texts()).Concat(Values()).Concat(Dates())
            .Concat(Relations()).Concat(Around()).OrderBy(poison => poison.Row, StringComparer.Ordinal);

    private static IEnumerable<PoisonCase> Framing() =>
    [
        new("P01", "null value under a uid", (byte[]?)null),
        new("P01", "null value under a key that is no uid", (byte[]?)null) { Key = Utf8("no/uid") },
        new("P01", "null value under an empty key", (byte[]?)null) { Key = [] },
        new("P01", "null value and null key", (byte[]?)null) { Key = null },
        new("P02", "0 bytes", ""),
        new("P03", "null", "null"),
        new("P03", "null between white space", "\n null\n"),
        new("P04", "white space only", " \r\n\t "),
        new("P05", "cut off in a name", Compact[..10]),
        new("P05", "cut off in the payment", Compact[..400]),
        new("P05", "cut off before the last brace", Compact[..^1]),
        new("P05", "cut off in a number",
            With("payment.amount", "18")[..With("payment.amount", "@").IndexOf('@', StringComparison.Ordinal)] + "18"),
        new("P06", "two documents", Compact + Compact),
        new("P06", "two lines", Compact + "\n" + Compact + "\n"),
        new("P06", "trailing garbage", Compact + " x"),
        new("P06", "trailing NUL", Compact + "\0"),
        new("P07", "array of one order", $"[{Compact}]"),
        new("P07", "string", "\"b563feb7b2b84b6test\""),
        new("P07", "number", "17"),
        new("P07", "true", "true"),
        new("P08", "trailing comma", Compact[..^1] + ",}"),
        new("P08", "line comment", "// order\n" + Compact),
        new("P08", "comment inside", Compact.Replace("\"items\":", "\"items\":/* here */", StringComparison.Ordinal)),
        new("P08", "single quotes", Compact.Replace('"', '\'')),
    ];

    private static IEnumerable<PoisonCase> Encodings() =>
    [
        new("P09", "byte order mark", [.. Encoding.UTF8.Preamble, .. Utf8(Compact)]),
        new("P09", "byte order mark before a wrong type", [.. Encoding.UTF8.Preamble, .. Utf8(With("sm_id", "\"99\""))]),
        new("P09", "two byte order marks", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.Preamble, .. Utf8(Compact)]),
        new("P09", "byte order mark alone", Encoding.UTF8.Preamble.ToArray()),
        new("P10", "UTF-16 LE with mark", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Compact)]),
        new("P10", "UTF-16 LE", Encoding.Unicode.GetBytes(Compact)),
        new("P10", "UTF-16 BE with mark", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Compact)]),
        new("P10", "UTF-16 BE", Encoding.BigEndianUnicode.GetBytes(Compact)),
        new("P10", "UTF-32 LE with mark", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(Compact)]),
        new("P10", "UTF-32 LE", Encoding.UTF32.GetBytes(Compact)),
        new("P11", "C3 28 in a text", WithBytes("delivery.city", 0xC3, 0x28)),
        new("P11", "overlong C0 80 in a text", WithBytes("delivery.city", 0xC0, 0x80)),
        new("P11", "Latin-1 E9 in a text", WithBytes("delivery.city", 0xE9)),
        new("P11", "surrogate in UTF-8 in a text", WithBytes("delivery.city", 0xED, 0xA0, 0x80)),
        new("P11", "Latin-1 E9 in an unknown name", Encoding.Latin1.GetBytes(WithFirst("\"caf\u00e9\":1"))),
        new("P12", "high surrogate alone", With("delivery.name", "\"\\uD800\"")),
        new("P12", "low surrogate alone", With("delivery.name", "\"a\\uDC00\"")),
        new("P12", "pair the wrong way round", With("delivery.name", "\"\\uDE00\\uD83D\"")),
        new("P12", "high surrogate before another escape", With("delivery.name", "\"\\uD83D\\u0041\"")),
        new("P12", "high surrogate in an unknown name", WithFirst("\"\\uD800\":1")),
        new("P12", "high surrogate in an unknown array", WithFirst("\"x\":[{\"y\":\"\\uDBFF\"}]")),
        new("P12", "a whole pair is a character", With("delivery.name", "\"\\uD83D\\uDE00\"")),
        new("P13", "NUL in a text", With("delivery.name", "\"a\\u0000b\"")),
        new("P13", "NUL in an unknown name", WithFirst("\"a\\u0000\":1")),
        new("P13", "NUL in an unknown text", WithFirst("\"x\":{\"y\":[\"\\u0000\"]}")),
        new("P13", "NUL in order_uid", With("order_uid", "\"a\\u0000\"")),
        new("P13", "a backslash before u0000 is text", With("delivery.name", "\"a\\\\u0000b\"")),
        new("P14", "raw NUL in a text", With("delivery.name", "\"a\0b\"")),
        new("P14", "raw newline in a text", With("delivery.name", "\"a\nb\"")),
    ];

    private static IEnumerable<PoisonCase> Sizes() =>
    [
        new("P15", "gzip", [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00]),
        new("P15", "zstd", [0x28, 0xB5, 0x2F, 0xFD, 0x24, 0x10]),
        new("P15", "Avro behind a schema id", [0x00, 0x00, 0x00, 0x00, 0x01, 0x24, .. Utf8(Uid)]),
        new("P15", "Avro file", [.. Utf8("Obj"), 0x01, 0x04, 0x16]),
        new("P15", "Protobuf", [0x0A, (byte)Uid.Length, .. Utf8(Uid), 0x10, 0x99, 0x0E]),
        new("P16", "random 1 KB", RandomBytes(seed: 1, length: 1024)),
        new("P17", "10 MB in one text", With("delivery.name", $"\"{new string('x', 10_000_000)}\"")),
        new("P17", "the largest that is taken",
            With("delivery.name", $"\"{new string('x', 983_040 - With("delivery.name", "\"\"").Length)}\"")),
        new("P17", "one byte more", With("delivery.name", $"\"{new string('x', 983_041 - With("delivery.name", "\"\"").Length)}\"")),
        new("P18", "1,000,000 items", With("items", $"[{Repeat("{}", 1_000_000)}]")),
        new("P18", "1,000 items", With("items", $"[{Repeat(Item, 1000)}]")),
        new("P18", "1,001 items", With("items", $"[{Repeat(Item, 1001)}]")),
        new("P18", "1,000,000 unknown properties", WithFirst(Properties(1_000_000))),
        new("P18", "1,000 unknown properties", WithFirst(Properties(1000))),
        new("P18", "1,001 unknown properties", WithFirst(Properties(1001))),
        new("P18", "1,001 properties of an unknown object", WithFirst($"\"x\":{{{Properties(1001)}}}")),
        new("P19", "depth 32", WithFirst($"\"x\":{Nested(31)}")),
        new("P19", "depth 33", WithFirst($"\"x\":{Nested(32)}")),
        new("P19", "depth 65", WithFirst($"\"x\":{Nested(64)}")),
        new("P19", "depth 1,000", WithFirst($"\"x\":{Nested(999)}")),
        new("P19", "depth 100,000", WithFirst($"\"x\":{Nested(99_999)}")),
        new("P19", "depth 100,000, never closed", new string('[', 100_000)),
    ];

    private const string Item =
        """{"chrt_id":1,"track_number":"T","price":0,"rid":"r","name":"n","sale":0,"size":"0","total_price":0,"nm_id":1,"brand":"b","""
        + "\"status\":202}";

    private static string Repeat(string text, int count) => string.Join(',', Enumerable.Repeat(text, count));

    private static string Properties(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"\"x{i}\":0"));

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static byte[] WithBytes(string field, params byte[] bytes)
    {
        var parts = With(field, "\"@@\"").Split("@@");
        return [.. Utf8(parts[0]), .. bytes, .. Utf8(parts[1])];
    }

    public static byte[] RandomBytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
