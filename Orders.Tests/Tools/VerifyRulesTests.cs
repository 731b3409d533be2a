using System.Text;
using Orders.Tools;
using Orders.Tools.Printing;
using Orders.Tools.Verify;

namespace Orders.Tests.Tools;

public sealed class VerifyRulesTests
{
    private readonly OrderBook _orders = new();

    [Fact]
    public void One_log_makes_one_version_per_change_and_counts_on_after_a_removal()
    {
        Assert.Equal(
            [Verdict.Ignored, Verdict.Stored, Verdict.Duplicate, Verdict.Stored, Verdict.Removed, Verdict.Ignored, Verdict.Stored],
            new[] { null, "a", "a", "b", null, null, "b" }.Select((text, offset) => Apply(text, partition: 1, offset)));
        var order = _orders.Of("uid-1");
        Assert.Equal((4, 6, 1, false), (order.FoldVersion, order.FoldOffset, order.FoldPartition, order.IsSpread));
        Apply("c", partition: 2, 0);
        Assert.True(order.IsSpread);
    }

    [Theory]
    [InlineData("""{"order_uid":"uid-1"}""", "uid-1")]
    [InlineData("""{"delivery":{"order_uid":"inner"},"order_uid":"uid-1"}""", "uid-1")]
    [InlineData("""{"order_uid":"\u0075id-1"}""", "uid-1")]
    [InlineData("\uFEFF{\"order_uid\":\"uid-1\"}", "uid-1")]
    [InlineData("""{"order_uid":"uid/1"}""", null)]
    [InlineData("""{"order_uid":5}""", null)]
    [InlineData("""["order_uid","uid-1"]""", null)]
    [InlineData("""{"order_uid":"uid-1"}}""", null)]
    [InlineData("", null)]
    public void A_records_order_is_the_one_its_document_names(string value, string? uid) =>
        Assert.Equal(uid, OrderRules.Subject(_orders, "key"u8.ToArray(), Encoding.UTF8.GetBytes(value), out _)?.Uid);

    [Fact]
    public void A_mark_before_the_text_is_no_content_and_a_removal_is_of_its_key()
    {
        OrderRules.Subject(_orders, null, [0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'], out var marked);
        Assert.Equal(Digest.Of("{}"u8), marked);
        Assert.Equal("key", OrderRules.Subject(_orders, "key"u8.ToArray(), null, out var none)?.Uid);
        Assert.Equal(Digest.None, none);
        Assert.Null(OrderRules.Subject(_orders, "no/key"u8.ToArray(), null, out _));
        Assert.Null(OrderRules.Subject(_orders, null, null, out _));
    }

    [Fact]
    public void A_dead_letters_digest_tells_every_part_apart()
    {
        var whole = Digest.OfRecord("k"u8.ToArray(), "v"u8.ToArray(), 5, [("h", "1"u8.ToArray()), ("h", null)]);
        UInt128[] others =
        [
            Digest.OfRecord("kv"u8.ToArray(), [], 5, [("h", "1"u8.ToArray()), ("h", null)]),
            Digest.OfRecord("k"u8.ToArray(), "v"u8.ToArray(), 6, [("h", "1"u8.ToArray()), ("h", null)]),
            Digest.OfRecord("k"u8.ToArray(), "v"u8.ToArray(), 5, [("h", null), ("h", "1"u8.ToArray())]),
            Digest.OfRecord("k"u8.ToArray(), "v"u8.ToArray(), 5, [("h", "1"u8.ToArray()), ("h", [])]),
            Digest.OfRecord("k"u8.ToArray(), null, 5, [("h", "1"u8.ToArray()), ("h", null)]),
        ];
        Assert.All(others, other => Assert.NotEqual(whole, other));
    }

    [Fact]
    public void Events_are_found_in_whatever_order_they_are_asked_for()
    {
        var notes = new EventNotes();
        var (one, two) = (_orders.Of("one"), _orders.Of("two"));
        foreach (var sequence in new[] { 1L, 2, 4, 3 })
        {
            notes.Add(one, new EventNote { Sequence = sequence, Offset = 10 * sequence });
            notes.Add(two, new EventNote { Sequence = sequence + 7 });
        }

        Assert.All(new[] { 4L, 1, 3, 2, 2, 4 }, sequence => Assert.Equal(10 * sequence, notes[notes.Find(one, sequence)].Offset));
        Assert.Equal(-1, notes.Find(one, 8));
        Assert.Equal([1, 2, 4, 3], notes.SequencesOf(one));
        Assert.Equal((4, 4), (one.HighestSequence, one.Sequences));
    }

    [Fact]
    public void Of_each_anomaly_all_are_counted_and_the_first_are_shown()
    {
        var anomalies = new Anomalies();
        for (var i = 0; i < 25; i++)
        {
            anomalies.Add(AnomalyName.Torn, $"place {i}", "wrong");
        }

        Assert.Equal((25, 25, 0), (anomalies.Total, anomalies.CountOf(AnomalyName.Torn), anomalies.CountOf(AnomalyName.LostWrite)));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"place {i}"), anomalies.SamplesOf(AnomalyName.Torn).Select(sample => sample.Where));
    }

    [Fact]
    public async Task Where_nothing_runs_there_is_nothing_to_verify()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var bus = new BusContext(new Terminal(output, error, interactive: false), "/nowhere", TimeProvider.System);
        Assert.Equal(2, await new CommandLine(bus, [VerifyVerb.Define(bus)]).RunAsync(["verify", "--dir", "/nowhere"], TestContext.Current.CancellationToken));
        Assert.Equal("bus: No system runs in --dir /nowhere. Start it with: bus up --detach\n", error.ToString());
    }

    private Verdict Apply(string? text, int partition, long offset) => OrderRules.Apply(
        _orders.Of("uid-1"), partition, offset, text is null ? Digest.None : Digest.Of(Encoding.UTF8.GetBytes(text)));
}
