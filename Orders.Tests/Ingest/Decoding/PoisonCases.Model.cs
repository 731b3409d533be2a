using static Orders.Tests.Ingest.Decoding.SampleOrder;

namespace Orders.Tests.Ingest.Decoding;

internal static partial class PoisonCases
{
    private static IEnumerable<PoisonCase> Names() =>
    [
        new("P20", "order_uid twice", WithFirst("\"order_uid\":\"a\"")),
        new("P20", "order_uid twice, once escaped", WithFirst("\"order\\u005fuid\":\"a\"")),
        new("P20", "amount twice", With("payment.amount", "1817,\"amount\":1")),
        new("P20", "a field of an item twice", With("items[0].price", "453,\"price\":1")),
        new("P20", "an unknown name twice", WithFirst("\"x\":1,\"x\":1")),
        new("P20", "an unknown name twice, once escaped", WithFirst("\"x\":1,\"\\u0078\":1")),
        new("P20", "a name twice in an unknown object", WithFirst("\"x\":[{\"y\":{\"a\":1,\"b\":2,\"a\":3}}]")),
        new("P20", "one name in two objects is fine", WithFirst("\"x\":{\"a\":1,\"b\":{\"a\":1}},\"y\":{\"a\":1}")),
        new("P21", "Order_UID", Compact.Replace("\"order_uid\"", "\"Order_UID\"", StringComparison.Ordinal)),
        new("P21", "Amount", Compact.Replace("\"amount\"", "\"Amount\"", StringComparison.Ordinal)),
        new("P22", "__proto__, constructor, $type, $ref",
            WithFirst("\"__proto__\":{\"a\":1},\"constructor\":1,\"$type\":\"System.IO.FileInfo\",\"$ref\":\"#\"")),
    ];

    private static IEnumerable<PoisonCase> Uids() =>
    [
        new("P23", "missing", Without("order_uid")),
        new("P23", "null", With("order_uid", "null")),
        new("P23", "empty", With("order_uid", "\"\"")),
        new("P23", "blank", With("order_uid", "\" \\t \"")),
        new("P24", "number", With("order_uid", "1")),
        new("P24", "object", With("order_uid", "{\"a\":1}")),
        new("P24", "array", With("order_uid", "[\"a\"]")),
        new("P24", "bool", With("order_uid", "true")),
        UidCase("P25", "64 characters", new string('a', 64)),
        UidCase("P25", "65 characters", new string('a', 65)),
        UidCase("P25", "3,200 characters", new string('a', 3200)),
        new("P25", "900,000 characters", With("order_uid", $"\"{new string('a', 900_000)}\"")),
        new("P25", "1,000,000 characters", With("order_uid", $"\"{new string('a', 1_000_000)}\"")),
        .. Each(uid => UidCase("P26", uid, uid), "../../etc/passwd", "..", ".", "a/b", "a%2Fb", "a?b", "a#b", "a;b", @"a\\b"),
        UidCase("P27", "script", "<script>alert(1)</script>"),
        UidCase("P27", "img", "\\\"><img src=x onerror=alert(1)>"),
        UidCase("P27", "javascript", "javascript:alert(1)"),
        UidCase("P29", "terminal escape as uid", "a\\u001b[2J"),
        UidCase("P29", "right-to-left override as uid", "a\u202Eb"),
        UidCase("P32", "other case is another order", "B563FEB7B2B84B6TEST"),
        UidCase("P32", "trailing space", "b563feb7b2b84b6test "),
        UidCase("P32", "composed letter", "caf\u00e9"),
        UidCase("P32", "decomposed letter", "cafe\u0301"),
        UidCase("P32", "Cyrillic look-alike", "b563feb7b2b84b6t\u0435st"),
        UidCase("P32", "escaped spelling of the same uid", "b563feb7b2b84b6\\u0074est"),
    ];

    private static PoisonCase UidCase(string row, string name, string raw) => new(row, name, With("order_uid", $"\"{raw}\""));

    private static IEnumerable<PoisonCase> Texts() =>
    [
        new("P28", "markup in texts",
            With(("delivery.name", "\"<script>alert(1)</script>\""), ("items[0].brand", "\"<img src=x onerror=alert(1)>\""))),
        new("P29", "terminal and bidi escapes in texts",
            With(("delivery.name", "\"\\u001b[2J\\u001b]52;c;eA==\\u0007\""), ("delivery.city", "\"a\u202Eb\u200Bc\""))),
        new("P30", "SQL and templates in texts",
            With(("delivery.name", "\"'; DROP TABLE orders;--\""), ("delivery.city", "\"$1 %s {0}\""))),
        new("P31", "formulas in texts",
            With(("delivery.name", "\"=HYPERLINK(1)\""), ("delivery.city", "\"+1\""), ("delivery.region", "\"@a\""))),
    ];

    private static IEnumerable<PoisonCase> Values() =>
    [
        .. Each(raw => Amount("P33", raw), "\"1817\"", "1817.0", "1e2", "18.17", "01", "+1", "0x10"),
        .. Each(raw => Amount("P34", raw), "NaN", "Infinity", "-Infinity", "\"Infinity\"", "-0"),
        new("P34", "NaN in an unknown field", WithFirst("\"x\":NaN")),
        new("P34", "NaN in an unknown field behind an amount", With("payment.amount", "1817,\"x\":NaN")),
        .. Each(raw => Amount("P35", raw), "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e400", "1e19"),
        new("P35", "10,000 digits", With("payment.amount", new string('9', 10_000))),
        new("P35", "status 2^31", With("items[0].status", "2147483648")),
        new("P35", "10,000 digits in an unknown field", WithFirst($"\"x\":[1e400,{new string('9', 10_000)}]")),
        .. Each(
            field => new PoisonCase("P36", $"{field} -1", With(field, "-1")),
            "payment.amount", "items[0].price", "payment.delivery_cost", "items[0].sale"),
        new("P37", "sale 0", With("items[0].sale", "0")),
        new("P37", "sale 100", With("items[0].sale", "100")),
        new("P37", "sale 101", With("items[0].sale", "101")),
        new("P37", "unknown status", With("items[0].status", "-7")),
        .. Each(
            raw => new PoisonCase("P39", raw, With("payment.currency", raw)),
            "\"ZZZ\"", "\"usd\"", "\"US\"", "\"USDT\"", "\"\"", "\"U1D\"", "\"Test Testov\""),
        .. Each(raw => new PoisonCase("P41", raw, With("items", raw)), "null", "{}", "[null]", "[]", "[1]", "\"a\"", "[{}]"),
        new("P41", "[a good item, null]", With("items", $"[{Item},null]")),
        new("P43", "unknown fields and a schema version", WithFirst("\"schema_version\":7,\"extra\":{\"a\":[1,null,{\"b\":1.5e3}]}")),
        new(
            "P43",
            "unknown fields in every object",
            With(("delivery.zip", "\"1\",\"x\":1"), ("payment.bank", "\"1\",\"x\":{}"), ("items[0].size", "\"1\",\"x\":[]"))),
    ];

    private static IEnumerable<PoisonCase> Each(Func<string, PoisonCase> make, params string[] values) => values.Select(make);

    private static PoisonCase Amount(string row, string raw) => new(row, $"amount {raw}", With("payment.amount", raw));

    private static IEnumerable<PoisonCase> Dates() =>
    [
        .. Each(
            date => new PoisonCase("P40", $"date_created {date}", With("date_created", $"\"{date}\"")),
            "0001-01-01T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31T23:59:59-14:00",
            "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+14:00", "2027-01-15T12:00:00Z", "2027-01-15T12:00:01Z",
            "2021-02-30T00:00:00Z", "2021-11-26T23:59:60Z", "2021-11-26T24:00:00Z", "2021-11-26T06:22:19", "2021-11-26",
            "2021-11-26T06:22:19+03:00", "2021-11-26T06:22:19.123456789Z", "2021-11-26T06:22:19+15:00", "2021-11-26 06:22:19Z",
            "26.11.2021", "+9720000000", ""),
        new("P40", "date_created as a number", With("date_created", "1637907739")),
        new("P40", "date_created escaped", With("date_created", "\"2021\\u002d11-26T06:22:19Z\"")),
        .. Each(
            raw => new PoisonCase("P40", $"payment_dt {raw}", With("payment.payment_dt", raw)),
            "0", "-1", "1800014400", "1800014401", "1637907727000", "1637907727000000"),
    ];

    /// <summary>What contradicts itself, accepted and refused.</summary>
    private static IEnumerable<PoisonCase> Relations()
    {
        (string Row, string Name, string Value)[] contradictions =
        [
            ("P38", "amount is not the sum", With("payment.amount", "1818")),
            ("P38", "goods_total is not the items' sum", With(("payment.goods_total", "318"), ("payment.amount", "1818"))),
            ("P38", "sums beyond 64 bits", With(("payment.goods_total", $"{long.MaxValue}"), ("payment.custom_fee", $"{long.MaxValue}"))),
            ("P42", "item's track_number differs", With("items[0].track_number", "\"OTHER\"")),
            ("P42", "transaction differs", With("payment.transaction", "\"OTHER\"")),
            ("P42", "rid twice", TwoItems(secondRid: "r")),
            ("P42", "two rids", TwoItems(secondRid: "s")),
            ("P42", "all agree", Compact),
            ("P42", "all agree, track_number escaped", With("items[0].track_number", "\"\\u0057BILMTESTTRACK\"")),
        ];
        foreach (var (row, name, value) in contradictions)
        {
            yield return new PoisonCase(row, name, value);
            yield return new PoisonCase(row, $"{name}, strict", value) { Strict = true };
        }
    }

    private static string TwoItems(string secondRid) => With(
        ("track_number", "\"T\""),
        ("payment.amount", "1500"),
        ("payment.goods_total", "0"),
        ("items", $"[{Item},{Item.Replace("\"r\"", $"\"{secondRid}\"", StringComparison.Ordinal)}]"));

    private static IEnumerable<PoisonCase> Around() =>
    [
        new("P46", "headers of any kind", Compact) { HeaderCount = 3, HeaderBytes = 10_240 },
        new("P47", "256 headers", Compact) { HeaderCount = 256, HeaderBytes = 256 },
        new("P47", "257 headers", Compact) { HeaderCount = 257, HeaderBytes = 257 },
        new("P47", "10,000 headers", Compact) { HeaderCount = 10_000, HeaderBytes = 10_000 },
        new("P47", "64 KiB of headers", Compact) { HeaderCount = 1, HeaderBytes = 65_536 },
        new("P47", "900 kB of headers", Compact) { HeaderCount = 1, HeaderBytes = 900_000 },
        new("P47", "a removal with too many headers", (byte[]?)null) { HeaderCount = 257 },
        new("P48", "key null", Compact) { Key = null },
        new("P48", "key empty", Compact) { Key = [] },
        new("P48", "key of another order", Compact) { Key = Utf8("other") },
        new("P48", "key of 1 MB", Compact) { Key = new byte[1_000_000] },
        new("P48", "key that is not UTF-8", Compact) { Key = [0xC3, 0x28] },
    ];
}
