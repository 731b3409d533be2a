using System.Text;
using Orders.Tools;
using Orders.Tools.Publish;

namespace Orders.Tests.Tools;

public sealed class RecordReaderTests
{
    [Fact]
    public async Task A_file_with_one_document_is_one_record_byte_for_byte_with_its_line_end()
    {
        var records = await ReadAsync("{\n  \"order_uid\": \"a\"\n}\n", InputShape.Document);
        Assert.Equal([("a", "{\n  \"order_uid\": \"a\"\n}\n")], records);
        Assert.Equal([("a", "{\"order_uid\":\"a\"}\n")], await ReadAsync("{\"order_uid\":\"a\"}\n", InputShape.Document));
    }

    [Fact]
    public async Task Lines_are_records_without_their_line_ends_and_blank_ones_are_none()
    {
        var records = await ReadAsync("{\"order_uid\":\"a\"}\r\n\n  \n{\"order_uid\":\"b\"} \n{\"order_uid\":\"c\"}", InputShape.Pipe);
        Assert.Equal([("a", "{\"order_uid\":\"a\"}"), ("b", "{\"order_uid\":\"b\"} "), ("c", "{\"order_uid\":\"c\"}")], records);
    }

    [Fact]
    public async Task A_document_piped_over_several_lines_is_one_record() =>
        Assert.Equal([("a", "{\n\"order_uid\":\"a\"}\n")], await ReadAsync("{\n\"order_uid\":\"a\"}\n", InputShape.Pipe));

    [Fact]
    public async Task One_line_from_a_pipe_is_a_record_without_its_line_end() =>
        Assert.Equal([("a", "{\"order_uid\":\"a\"}")], await ReadAsync("{\"order_uid\":\"a\"}\n", InputShape.Pipe));

    [Fact]
    public async Task A_first_line_that_is_no_json_leaves_the_lines_as_they_are() =>
        Assert.Equal([(null, "{"), ("b", "{\"order_uid\":\"b\"}")], await ReadAsync("{\n{\"order_uid\":\"b\"}\n", InputShape.Pipe));

    [Fact]
    public async Task By_its_name_a_file_of_one_line_can_be_told_to_hold_lines() =>
        Assert.Equal([("a", "{\"order_uid\":\"a\"}")], await ReadAsync("{\"order_uid\":\"a\"}\n", InputShape.Lines));

    [Fact]
    public async Task Nothing_is_no_record() => Assert.Empty(await ReadAsync("", InputShape.Pipe));

    [Fact]
    public async Task A_line_longer_than_the_buffer_is_whole()
    {
        var line = $"{{\"order_uid\":\"a\",\"entry\":\"{new string('x', 300_000)}\"}}";
        Assert.Equal([("a", line), ("a", line)], await ReadAsync($"{line}\n{line}\n", InputShape.Pipe));
    }

    [Theory]
    [InlineData("""{"order_uid":"a","items":[{"order_uid":"b"}]}""", "a")]
    [InlineData("""{"delivery":{"order_uid":"b"},"order_uid":"a"}""", "a")]
    [InlineData("""{"delivery":{"order_uid":"b"}}""", null)]
    [InlineData("""{"order_uid":7}""", null)]
    [InlineData("""{"order_uid":""}""", null)]
    [InlineData("""["order_uid","a"]""", null)]
    [InlineData("""{"order_uid":"a" """, null)]
    [InlineData("""{"order_uid":"\ud800"}""", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    public void The_uid_is_the_documents_own(string document, string? uid) =>
        Assert.Equal(uid, OrderUidFinder.Find(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public async Task An_order_without_uid_is_refused_unless_raw_is_asked_for()
    {
        var request = new PublishRequest([], null, null, 0, Raw: false, new MemoryStream("{\"order_uid\":\"a\"}\n{}\n"u8.ToArray()));
        var refused = await Assert.ThrowsAsync<BusException>(async () => await request.RecordsAsync(TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            "standard input, line 2 holds no order_uid to be the record's key. Mend it, or send it without a key with --raw.",
            refused.Message);

        var raw = request with { Raw = true, Input = new MemoryStream("{\"order_uid\":\"a\"}\n{}\n"u8.ToArray()) };
        Assert.Equal(2, await raw.RecordsAsync(TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Two_sources_at_once_are_refused()
    {
        var refused = Assert.Throws<BusException>(() => new PublishRequest([], "order.json", 5, 0, false, null).Check());
        Assert.Equal("FILE, -j and --count were given together; give one of them.", refused.Message);
    }

    [Fact]
    public void The_sample_order_is_the_one_everyone_knows()
    {
        Assert.Equal(1_102, SampleOrder.Content().Length);
        Assert.Equal(SampleOrder.Uid, OrderUidFinder.Find(SampleOrder.Content()));
    }

    private static async Task<List<(string? Key, string Value)>> ReadAsync(string input, InputShape shape)
    {
        var records = new List<(string?, string)>();
        await foreach (var record in RecordReader.ReadAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(input)), "input", shape, TestContext.Current.CancellationToken))
        {
            records.Add((record.Key, Encoding.UTF8.GetString(record.Value.Span)));
        }

        return records;
    }
}
