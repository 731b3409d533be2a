using System.Net;
using System.Text;
using System.Text.Json;
using Bus.Storage.DeadLetters;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Operations;

[Trait("Category", "system")]
public sealed class DeadLettersInPostgresTests(SharedPostgres postgres)
{
    [Fact]
    public async Task The_list_goes_newest_first_page_by_page_without_gap_or_repeat()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await rows.AddAsync());
        }

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        var seen = new List<long>();
        string? after = null;
        do
        {
            var page = await JsonAsync(port, $"/api/dead-letters?limit=2{after}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetInt64()));
            after = page.GetProperty("next") is { ValueKind: JsonValueKind.Number } next ? $"&after={next.GetInt64()}" : null;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Reverse(ids), seen);
    }

    [Fact]
    public async Task The_list_can_be_narrowed_by_state_reason_and_the_keys_uid()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var dead = await rows.AddAsync(DeadLetterStates.Dead, "empty", key: "a"u8.ToArray());
        var resolved = await rows.AddAsync(DeadLetterStates.Resolved, "empty", key: "b"u8.ToArray());
        var large = await rows.AddAsync(DeadLetterStates.Dead, "too_large", key: "a"u8.ToArray());

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);

        await AssertListAsync(port, "?state=dead", large, dead);
        await AssertListAsync(port, "?reason=empty", resolved, dead);
        await AssertListAsync(port, "?uid=a", large, dead);
        await AssertListAsync(port, "?uid=a&state=dead&reason=empty", dead);
        await AssertListAsync(port, "?uid=A");
    }

    [Fact]
    public async Task A_list_holds_nothing_of_a_value_and_no_key_that_is_not_an_order_uid()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        await rows.AddAsync(
            key: "test@gmail.com"u8.ToArray(), value: "{\"phone\":\"+9720000000\"}"u8.ToArray(), sentence: "phone +9720000000");

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        foreach (var path in new[] { "/dead-letters", "/api/dead-letters" })
        {
            var list = await TextAsync(port, path);
            Assert.Contains("malformed_json", list, StringComparison.Ordinal);
            Assert.DoesNotContain("9720000000", list, StringComparison.Ordinal);
            Assert.DoesNotContain("gmail", list, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_dead_letter_is_given_byte_for_byte_with_headers_in_order_and_duplicates()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        byte[] value = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] key = [0xC3, 0x28];
        var id = await rows.AddAsync(key: key, value: value, headers: [("b", "1"u8.ToArray()), ("a", null), ("b", [0xFF]), ("c", [])]);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        var letter = await JsonAsync(port, $"/api/dead-letters/{id}");
        using var raw = await port.SendAsync(HttpMethod.Get, $"/api/dead-letters/{id}/value");

        Assert.Equal(value, letter.GetProperty("valueBase64").GetBytesFromBase64());
        Assert.Equal(key, letter.GetProperty("keyBase64").GetBytesFromBase64());
        Assert.Equal(JsonValueKind.Null, letter.GetProperty("keyText").ValueKind);
        Assert.Equal(
            ["""{"name":"b","valueText":"1","valueBase64":"MQ=="}""", """{"name":"a","valueText":null,"valueBase64":null}""",
                """{"name":"b","valueText":null,"valueBase64":"/w=="}""", """{"name":"c","valueText":"","valueBase64":""}"""],
            letter.GetProperty("headers").EnumerateArray().Select(header => header.GetRawText()));
        Assert.Equal("orders", letter.GetProperty("topic").GetString());
        Assert.Equal(3, letter.GetProperty("partition").GetInt32());
        Assert.Equal(1, letter.GetProperty("epoch").GetInt32());
        Assert.Equal(1_600_000_000_123, letter.GetProperty("timestampMs").GetInt64());
        Assert.Equal("2020-09-13T12:26:40.123Z", letter.GetProperty("timestamp").GetString());
        Assert.Equal("ingest", letter.GetProperty("attempts")[0].GetProperty("kind").GetString());
        Assert.Equal(value, await raw.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("application/octet-stream", raw.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"dead-letter-{id}.bin", raw.Content.Headers.ContentDisposition?.FileName);
    }

    [Fact]
    public async Task A_null_value_has_no_content_and_an_empty_one_has_none_of_it()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var nothing = await rows.AddAsync(value: null);
        var empty = await rows.AddAsync(value: []);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        using var ofNothing = await port.SendAsync(HttpMethod.Get, $"/api/dead-letters/{nothing}/value");
        using var ofEmpty = await port.SendAsync(HttpMethod.Get, $"/api/dead-letters/{empty}/value");

        Assert.Equal(HttpStatusCode.NoContent, ofNothing.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ofEmpty.StatusCode);
        Assert.Equal(0, ofEmpty.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task The_status_adds_up_outcomes_and_tells_watermarks_outbox_and_dead_letters()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        await rows.AddAsync();
        await rows.ExecuteAsync("""
            INSERT INTO watermark (position, partition, epoch, group_id, topic) VALUES (12, 1, 2, 'g', 'orders'), (7, 0, 1, 'g', 'orders');
            INSERT INTO inbox (first_offset, next_offset, stored, dead, partition, epoch, group_id, topic)
            VALUES (0, 7, 6, 1, 0, 1, 'g', 'orders'), (0, 12, 12, 0, 1, 2, 'g', 'orders');
            INSERT INTO outbox (events, bytes, occurred_at, lane, sequences, keys, types, payloads, traceparents)
            VALUES (2, 400, clock_timestamp() - interval '90 s', 0, '{1,1}', '{a,b}', '{order.created.v1,order.created.v1}', '{x,x}', '{NULL,NULL}'),
                   (1, 200, clock_timestamp(), 0, '{2}', '{a}', '{order.updated.v1}', '{x}', '{NULL}');
            """);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString, new FixedCheck("relay", "off"));
        var status = await JsonAsync(port, "/api/status");
        var page = await TextAsync(port, "/");

        Assert.Equal("busorders/service-status/1", status.GetProperty("schema").GetString());
        Assert.False(status.GetProperty("ready").GetBoolean());
        Assert.Equal("""["relay: off"]""", status.GetProperty("reasons").GetRawText());
        Assert.Equal(
            [
                """{"group":"g","topic":"orders","partition":0,"epoch":1,"position":7}""",
                """{"group":"g","topic":"orders","partition":1,"epoch":2,"position":12}""",
            ],
            status.GetProperty("partitions").EnumerateArray().Select(partition => partition.GetRawText()));
        Assert.Equal(
            """{"stored":18,"duplicate":0,"superseded":0,"removed":0,"ignored":0,"parked":0,"""
            + "\"redelivering\":0,\"dead\":1,\"absent\":0,\"lost\":0}",
            status.GetProperty("outcomes").GetRawText());
        Assert.Equal(3, status.GetProperty("outbox").GetProperty("waiting").GetInt64());
        Assert.InRange(status.GetProperty("outbox").GetProperty("oldestSeconds").GetDouble(), 90, 150);
        Assert.Equal(
            """[{"state":"dead","reason":"malformed_json","count":1}]""", status.GetProperty("deadLetters").GetRawText());
        Assert.Contains("relay: off", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_has_done_nothing_yet_says_so()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        var status = await JsonAsync(port, "/api/status");
        var overview = await TextAsync(port, "/");

        Assert.True(status.GetProperty("ready").GetBoolean());
        Assert.Equal("""{"waiting":0,"oldestSeconds":null}""", status.GetProperty("outbox").GetRawText());
        Assert.Contains("No record has been accounted for yet", overview, StringComparison.Ordinal);
        Assert.Contains("No dead letters", await TextAsync(port, "/dead-letters"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_changes_nothing()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var id = await rows.AddAsync(key: "a"u8.ToArray(), value: DeadLetterRows.HostileValue);
        const string everything =
            "SELECT md5(string_agg(l::text || a::text || l.xmin::text, ',')) FROM dead_letter l, dead_letter_attempt a";
        var before = await rows.ScalarAsync(everything);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        foreach (var path in new[]
        {
            "/", "/dead-letters", $"/dead-letters/{id}", $"/dead-letters/{id}?view=hex&replay=resolved", $"/dead-letters/{id}/replay",
            "/api/status", "/api/dead-letters", $"/api/dead-letters/{id}", $"/api/dead-letters/{id}/value",
            $"/api/dead-letters/{id}/replay",
        })
        {
            using var got = await port.SendAsync(HttpMethod.Get, path);
            using var head = await port.SendAsync(HttpMethod.Head, path);
            Assert.Equal(got.StatusCode, head.StatusCode);
            var changes = path.EndsWith("/replay", StringComparison.Ordinal);
            Assert.Equal(changes ? HttpStatusCode.MethodNotAllowed : HttpStatusCode.OK, got.StatusCode);
        }

        Assert.Equal(before, await rows.ScalarAsync(everything));
        Assert.Empty(port.Replay.Asked);
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found_on_the_page_and_in_json()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        using var page = await port.SendAsync(HttpMethod.Get, "/dead-letters/99");
        using var json = await port.SendAsync(HttpMethod.Get, "/api/dead-letters/99");

        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (json.StatusCode, json.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_query_that_takes_too_long_is_given_up_and_said_to_have_been()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        await using var source = NpgsqlDataSource.Create(rows.ConnectionString);
        await using var locker = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await locker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var grab = new NpgsqlCommand("LOCK TABLE dead_letter IN ACCESS EXCLUSIVE MODE", locker, transaction);
        await grab.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        using var response = await port.SendAsync(HttpMethod.Get, "/api/dead-letters");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var problem = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("did not answer in time", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_without_the_tables_names_the_command_that_makes_them()
    {
        await using var port = await OperationsPort.StartAsync(await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));

        using var response = await port.SendAsync(HttpMethod.Get, "/dead-letters");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("bus migrate", page, StringComparison.Ordinal);
    }

    private static async Task AssertListAsync(OperationsPort port, string query, params long[] ids)
    {
        var list = await JsonAsync(port, "/api/dead-letters" + query);
        Assert.Equal(ids, list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetInt64()));
    }

    private static async Task<JsonElement> JsonAsync(OperationsPort port, string path)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(await TextAsync(port, path)));
        return document.RootElement.Clone();
    }

    private static async Task<string> TextAsync(OperationsPort port, string path)
    {
        using var response = await port.SendAsync(HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode} {text}");
        return text;
    }
}
