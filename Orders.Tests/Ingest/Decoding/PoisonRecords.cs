using System.Globalization;
using System.Text;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Folding;
using static Orders.Tests.Ingest.Decoding.SampleOrder;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>A record with where it stood: what a value alone cannot tell.</summary>
internal sealed record PlacedRecord(string Value, int Partition = 0, long Offset = 0, long Timestamp = 1_700_000_000_000)
{
    public byte[]? Key { get; init; } = Utf8(Uid);

    public (string Name, byte[]? Value)[] Headers { get; init; } = [];

    public Record AsRecord() => new()
    {
        Offset = Offset,
        Timestamp = Timestamp,
        Key = Key,
        Value = Utf8(Value),
        Headers = [.. Headers.Select(header => new Bus.Kafka.Records.RecordHeader(header.Name, header.Value))],
    };
}

/// <summary>Poison inputs that take more than a value: several records of one order, their places and times, their headers.</summary>
internal sealed record PoisonRecords(string Row, string Name, params PlacedRecord[] Records)
{
    private const long Noon = 1_700_000_000_000;
    private static readonly string Other = With("locale", "\"ru\"");

    public static IEnumerable<PoisonRecords> All => [.. Repeats(), .. Ids(), .. Headers(), .. Places(), .. HardToKeep()];

    /// <summary>Outcome of each record, how many events they made, and the time the last one counts as; of a refused one what the others tell.</summary>
    public string Outcome()
    {
        var decoder = new RecordDecoder(Reader(), Clock);
        if (Records is [var alone] && decoder.Decode(epoch: 1, alone.Partition, [alone.AsRecord()])[0].Refusal is { } refusal)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"DEAD:{refusal.Reason}\t{refusal.JsonPath}\t{refusal.BytePosition}\t{refusal.Sentence}").TrimEnd('\t');
        }

        var fold = new OrderFold([]);
        List<string> words = [];
        foreach (var placed in Records)
        {
            var decoded = decoder.Decode(epoch: 1, placed.Partition, [placed.AsRecord()])[0];
            var outcome = decoded.Change is { } change ? fold.Apply(change) : decoded.Outcome;
            words.Add(Word(outcome, decoded));
        }

        var time = fold.Rows.Any() ? string.Create(CultureInfo.InvariantCulture, $", time {fold.Rows.Last().Time}") : "";
        return $"{string.Join(", ", Runs(words))}; {fold.Events.Count} events{time}";
    }

    private static IEnumerable<string> Runs(List<string> words)
    {
        for (var first = 0; first < words.Count;)
        {
            var count = words.Skip(first).TakeWhile(word => word == words[first]).Count();
            yield return count == 1 ? words[first] : $"{count} x {words[first]}";
            first += count;
        }
    }

    private static string Word(Outcome outcome, DecodedRecord decoded) => outcome switch
    {
        Service.Ingest.Folding.Outcome.Stored => "STORE",
        Service.Ingest.Folding.Outcome.Duplicate => "DUP",
        Service.Ingest.Folding.Outcome.Superseded => "STALE",
        Service.Ingest.Folding.Outcome.Removed => "REMOVE",
        Service.Ingest.Folding.Outcome.Ignored => "IGNORE",
        _ => throw new InvalidOperationException($"{decoded.Refusal?.Reason}: a record that is refused stands alone."),
    } + string.Concat(PoisonGoldenTests.FlagNames(decoded.Notes).Select(name => " " + name));

    private static IEnumerable<PoisonRecords> Repeats() =>
    [
        new("P44", "the same record twice", new(Compact, Offset: 5), new(Compact, Offset: 6)),
        new("P44", "the same record 1,000 times", [.. Enumerable.Range(0, 1000).Select(i => new PlacedRecord(Compact, Offset: i))]),
        new("P44", "the same record in three partitions, one of them behind",
            new(Compact, 0, 5, Noon), new(Compact, 1, 5, Noon + 1), new(Compact, 2, 5, Noon - 1)),
        new("P45", "one MessageId, another body, newer", WithId(new(Compact, Offset: 5)), WithId(new(Other, Offset: 6))),
        new("P45", "one MessageId, another body, older by time", WithId(new(Compact, 0, 5, Noon)), WithId(new(Other, 1, 6, Noon - 1))),
        new("P45", "an older offset of the partition", new(Compact, Offset: 6), new(Other, Offset: 5)),
        new("P45", "another MessageId, the same body",
            WithId(new(Compact, Offset: 5)), Bearing(new(Compact, Offset: 6), ("MessageId", Utf8(Guid.Empty.ToString().Replace('0', '7'))))),
    ];

    private static PlacedRecord WithId(PlacedRecord record) => Bearing(record, ("MessageId", Utf8("6f6e1d1b-6f0c-5c53-9f4e-6a5b1f0a7c11")));

    private static PlacedRecord Bearing(PlacedRecord record, params (string Name, byte[]? Value)[] headers) => record with { Headers = headers };

    private static IEnumerable<PoisonRecords> Ids() =>
    [
        new("P46", "MessageId missing", new PlacedRecord(Compact)),
        new("P46", "MessageId as it should be", WithId(new(Compact))),
        Header("P46", "MessageId no GUID", ("MessageId", Utf8("order-17"))),
        Header("P46", "MessageId empty GUID", ("MessageId", Utf8(Guid.Empty.ToString()))),
        Header("P46", "MessageId of 10 kB", ("MessageId", new byte[10_240])),
        Header("P46", "two MessageIds", ("MessageId", Utf8("6f6e1d1b-6f0c-5c53-9f4e-6a5b1f0a7c11")), ("messageid", Utf8("no"))),
        Header("P46", "MessageId null", ("MessageId", null)),
    ];

    private static IEnumerable<PoisonRecords> Headers() =>
    [
        Header("P47", "SourceAddress ::", ("SourceAddress", Utf8("::"))),
        Header("P47", "traceparent malformed", ("traceparent", Utf8("00-zz-zz-01"))),
        Header("P47", "traceparent sound", ("traceparent", Utf8("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))),
        Header("P47", "content-type lies", ("content-type", Utf8("image/png"))),
        Header("P47", "content-type of MassTransit", ("Content-Type", Utf8("application/vnd.masstransit+json"))),
        Header("P47", "bytes that are not UTF-8 in a known header", ("CorrelationId", [0xC3, 0x28])),
        Header("P47", "bytes that are not UTF-8 in any other header", ("x", [0xC3, 0x28])),
        Header("P47", "line break in a known header", ("SourceAddress", Utf8("http://a\r\nSet-Cookie: b"))),
        Header("P47", "line break in any other header", ("x\r\ny", Utf8("a\r\nb"))),
        Header("P47", "a name and no value", ("", null)),
    ];

    private static PoisonRecords Header(string row, string name, params (string, byte[]?)[] headers) => new(row, name, Bearing(new(Compact), headers));

    private static IEnumerable<PoisonRecords> Places() =>
    [
        new("P48", "two partitions, the later time wins",
            new(Compact, 0, 5, Noon), new PlacedRecord(Other, 1, 900, Noon - 1) { Key = null }, new PlacedRecord(Other, 1, 901, Noon + 1) { Key = null }),
        new("P48", "two partitions, a tie is not newer", new(Compact, 0, 5, Noon), new(Other, 1, 5, Noon)),
        new("P49", "timestamp -1", new PlacedRecord(Compact, Timestamp: -1)),
        new("P49", "timestamp 0", new PlacedRecord(Compact, Timestamp: 0)),
        new("P49", "the least timestamp there is", new PlacedRecord(Compact, Timestamp: long.MinValue)),
        new("P49", "year 9999", new PlacedRecord(Compact, Timestamp: 253_402_300_799_999)),
        new("P49", "the greatest timestamp there is", new PlacedRecord(Compact, Timestamp: long.MaxValue)),
        new("P49", "year 9999 blocks nothing that comes after", new(Compact, 0, 5, 253_402_300_799_999), new(Other, 0, 6, Noon)),
        new("P49", "a clock a day behind, same partition", new(Compact, 0, 5, Noon), new(Other, 0, 6, Noon - 86_400_000)),
        new("P49", "a clock a day behind, another partition", new(Compact, 0, 5, Noon), new(Other, 1, 6, Noon - 86_400_000)),
    ];

    private static IEnumerable<PoisonRecords> HardToKeep() =>
    [
        new("P50", "a NUL and half a character in a header's name", Bearing(new(Compact[..^1]), ("a\0\uD800", Utf8("1")))),
        new("P50", "bytes of every kind in key and header", Bearing(new(Compact[..^1]), ("x", AllBytes())) with { Key = AllBytes() }),
        new("P50", "a name of 100,000 letters in the path", new PlacedRecord(WithFirst($"\"{new string('n', 100_000)}\":[\"\\u0000\"]"))),
        new("P50", "a path as deep as may be", new PlacedRecord(WithFirst(Deep(31) + "\"\\uD800\"" + new string('}', 31)))),
    ];

    private static byte[] AllBytes() => [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private static string Deep(int levels)
    {
        var name = $"\"{new string('n', 64)}\":";
        var text = new StringBuilder(name);
        for (var level = 0; level < levels; level++)
        {
            text.Append('{').Append(name);
        }

        return text.ToString();
    }
}
