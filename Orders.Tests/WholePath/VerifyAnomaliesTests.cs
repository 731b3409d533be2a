using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Librdkafka;
using Orders.Contracts;
using Orders.Tests.Servers;
using Orders.Tests.Tools;
using Orders.Tools.Publish;

namespace Orders.Tests.WholePath;

/// <summary>
/// Everything <c>bus verify</c> looks for is planted on a running system, one after the other, and mended again: each must be caught under its name,
/// and nothing may be found where nothing is wrong.
/// </summary>
[Trait("Category", "kafka")]
public sealed class VerifyAnomaliesTests : IAsyncLifetime
{
    private const int Orders = 3_000;

    private readonly string _ledger = Path.GetTempFileName();
    private BusSystem _system = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _system = await BusSystem.UpAsync(realKafka: true);
        Schemas.Validate((await _system.RunAsync("up", "--detach", "--json")).Succeeded());
        Schemas.Validate((await _system.RunAsync("status", "--json")).Succeeded());
        Schemas.Validate((await _system.RunAsync("migrate", "--json")).Succeeded());
        var published = await _system.RunAsync(
            "publish", "--count", $"{Orders}", "--seed", "11", "--poison", "1%", "--dup", "2%", "--update", "5%", "--remove", "2%",
            "--ledger", _ledger, "--json");
        Assert.Equal(Orders, Schemas.Validate(published.Succeeded()).GetProperty("acked").GetInt32());
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        File.Delete(_ledger);
    }

    [Fact]
    public async Task Each_planted_anomaly_is_caught_by_its_name_and_a_clean_system_is_clean()
    {
        await CleanAsync();
        await DeadLetterVerbsKeepTheirSchemasAsync();
        await RowsOfTheInboxAsync();
        await RowsOfDeadLettersAsync();
        await PlantAsync(
            "CREATE TABLE kept AS SELECT * FROM orders WHERE order_uid = (SELECT min(order_uid) FROM orders WHERE content IS NOT NULL); "
                + "DELETE FROM orders USING kept WHERE orders.order_uid = kept.order_uid",
            "INSERT INTO orders SELECT * FROM kept; DROP TABLE kept",
            "lost-write", "torn", "stale-read");
        await PlantAsync(
            $"UPDATE orders SET version = version + 1 WHERE order_uid = '{SampleOrders.Uid}'",
            $"UPDATE orders SET version = version - 1 WHERE order_uid = '{SampleOrders.Uid}'",
            "duplicate-effect", "torn", "stale-read");
        await AlteredBehindTheCacheAsync();
        await LostAcknowledgementAsync();
        await AFrozenGatewayIsUnreachableAsync();
        await CleanAsync();

        // These leave their mark on the topic for ever, so they come last.
        await SkippedAndSwappedEventsAsync();
    }

    private async Task RowsOfTheInboxAsync()
    {
        await PlantAsync(
            "CREATE TABLE kept AS SELECT * FROM inbox ORDER BY stored DESC LIMIT 1; "
                + "DELETE FROM inbox USING kept WHERE (inbox.partition, inbox.first_offset) = (kept.partition, kept.first_offset)",
            "INSERT INTO inbox SELECT * FROM kept; DROP TABLE kept",
            "unaccounted");
        const string forward = "UPDATE watermark SET position = position + 3 WHERE partition = 1";
        const string back = "UPDATE watermark SET position = position - 3 WHERE partition = 1";
        await PlantAsync(back, mend: forward, "double-account");
        await PlantAsync(forward, mend: back, "unaccounted");

        // Outcomes that add up and are the wrong ones.
        const string busiest = "WHERE (partition, first_offset) = "
            + "(SELECT partition, first_offset FROM inbox ORDER BY next_offset - first_offset DESC, partition, first_offset LIMIT 1)";
        await PlantAsync(
            $"UPDATE inbox SET stored = stored - 1, ignored = ignored + 1 {busiest}",
            $"UPDATE inbox SET stored = stored + 1, ignored = ignored - 1 {busiest}",
            "unaccounted");
    }

    private async Task RowsOfDeadLettersAsync()
    {
        const string flipped = "UPDATE dead_letter SET value = set_byte(value, 0, get_byte(value, 0) # 1) "
            + "WHERE id = (SELECT min(id) FROM dead_letter WHERE length(value) > 0)";
        await PlantAsync(flipped, mend: flipped, "dead-letter-altered");
        await PlantAsync(
            "CREATE TABLE kept AS SELECT * FROM dead_letter LIMIT 1; "
                + "CREATE TABLE tried AS SELECT * FROM dead_letter_attempt WHERE dead_letter_id = (SELECT id FROM kept); "
                + "DELETE FROM dead_letter WHERE id = (SELECT id FROM kept)",
            "INSERT INTO dead_letter OVERRIDING SYSTEM VALUE SELECT * FROM kept; "
                + "INSERT INTO dead_letter_attempt SELECT * FROM tried; DROP TABLE kept, tried",
            "unaccounted");
    }

    private async Task AFrozenGatewayIsUnreachableAsync()
    {
        await _system.SignalAsync("gateway", "STOP");
        try
        {
            var result = await _system.VerifyHereAsync("--no-wait");
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("The gateway at", result.Errors, StringComparison.Ordinal);
        }
        finally
        {
            await _system.SignalAsync("gateway", "CONT");
        }
    }

    private async Task CleanAsync()
    {
        var result = await _system.RunAsync("verify", "--ledger", _ledger, "--json");
        var report = Schemas.Validate(result.Output);
        Assert.Empty(NamesIn(report));
        Assert.Equal(0, result.ExitCode);
        Assert.True(report.GetProperty("clean").GetBoolean());
        Assert.Equal(Orders + 1, report.GetProperty("records").GetProperty("accounted").GetInt32());
        Assert.Equal(0, report.GetProperty("orders").GetProperty("notCheckable").GetInt32());
        Assert.Equal(Orders, report.GetProperty("ledger").GetProperty("acked").GetInt32());
        Assert.Equal(report.GetProperty("deadLetters").GetProperty("total").GetInt32(), report.GetProperty("deadLetters").GetProperty("compared").GetInt32());
    }

    private async Task DeadLetterVerbsKeepTheirSchemasAsync()
    {
        var list = Schemas.Validate((await _system.RunAsync("dlq", "list", "--json")).Succeeded());
        var id = list.GetProperty("items")[0].GetProperty("id").ToString();
        Schemas.Validate((await _system.RunAsync("dlq", "show", id, "--json")).Succeeded());
        Schemas.Validate((await _system.RunAsync("dlq", "replay", id, "--json")).Output);
    }

    /// <summary>The next plant finds its own names only, so each also shows that the one before it is mended.</summary>
    private async Task PlantAsync(string plant, string mend, params string[] names)
    {
        await ExecuteAsync(plant);
        await CaughtAsync(names);
        await ExecuteAsync(mend);
    }

    private async Task AlteredBehindTheCacheAsync()
    {
        await _system.ServesAsync(SampleOrders.Uid, SampleOrders.Published);
        await SetContentAsync(SampleOrders.Of(SampleOrders.Uid, edition: 2));
        await CaughtAsync("stale-read", "torn");
        await SetContentAsync(SampleOrders.Published);
    }

    private Task SetContentAsync(byte[] content) =>
        ExecuteAsync($"UPDATE orders SET content = decode('{Convert.ToHexString(content)}', 'hex') WHERE order_uid = '{SampleOrders.Uid}'");

    private async Task LostAcknowledgementAsync()
    {
        var whole = await File.ReadAllBytesAsync(_ledger, Token);
        using (var ledger = Ledger.Open(_ledger, Topics.Orders, seed: null))
        {
            ledger.Attempt(0, new("never-sent", "{}"u8.ToArray(), "test"));
            ledger.Ack(0, partition: 0, offset: 1_000_000);
        }

        await CaughtAsync("lost-write");
        await File.WriteAllBytesAsync(_ledger, whole, Token);
    }

    /// <summary>The outbox refuses some events of two orders; of one, the refused ones are put onto the topic in the wrong order.</summary>
    private async Task SkippedAndSwappedEventsAsync()
    {
        await ExecuteAsync("""
            CREATE FUNCTION skip_event() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                SELECT count(*), array_agg(key ORDER BY place), array_agg(sequence ORDER BY place), array_agg(type ORDER BY place),
                       array_agg(payload ORDER BY place), array_agg(traceparent ORDER BY place)
                INTO NEW.events, NEW.keys, NEW.sequences, NEW.types, NEW.payloads, NEW.traceparents
                FROM unnest(NEW.keys, NEW.sequences, NEW.types, NEW.payloads, NEW.traceparents) WITH ORDINALITY
                    AS event (key, sequence, type, payload, traceparent, place)
                WHERE NOT ((key = 'skipped' AND sequence = 2) OR (key = 'swapped' AND sequence IN (2, 3)));
                RETURN CASE WHEN NEW.events > 0 THEN NEW END;
            END
            $$;
            CREATE TRIGGER skip_event BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION skip_event()
            """);
        foreach (var edition in new[] { 1, 2, 3 })
        {
            await _system.PublishAsync("skipped", SampleOrders.Of("skipped", edition));
            await _system.PublishAsync("swapped", SampleOrders.Of("swapped", edition));
        }

        await Eventually.SeeAsync(
            () => _system.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid IN ('skipped', 'swapped') AND version = 3"), count => count == 2);
        var report = await CaughtAsync("event-missing", "torn", "stale-read");
        Assert.Equal("order skipped", SamplesOf(report, "event-missing").Single().GetProperty("where").GetString());
        Assert.StartsWith("order swapped", SamplesOf(report, "torn").Single().GetProperty("where").GetString(), StringComparison.Ordinal);

        await SendEventAsync("swapped", 3);
        await SendEventAsync("swapped", 2);
        await _system.ServesAsync("swapped", SampleOrders.Of("swapped", edition: 3));
        report = await CaughtAsync("event-missing", "event-out-of-order");
        Assert.Contains("order swapped", SamplesOf(report, "event-out-of-order").Single().GetProperty("where").GetString(), StringComparison.Ordinal);
    }

    private async Task SendEventAsync(string uid, int version)
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        using var producer = new ProducerBuilder<string, byte[]>(
            new ProducerConfig { BootstrapServers = _system.KafkaServers, Partitioner = Partitioner.Murmur2Random }).Build();
        var headers = new Headers
        {
            { CloudEventHeaders.Id, Encoding.ASCII.GetBytes($"{uid}:{version}") },
            { CloudEventHeaders.Sequence, Encoding.ASCII.GetBytes($"{version}") },
        };
        await producer.ProduceAsync(Topics.OrderEvents, new() { Key = uid, Value = SampleOrders.Of(uid, version), Headers = headers }, Token);
    }

    /// <summary>Exit code 3, these names with samples, and no others; one wrong thing may break more than one promise.</summary>
    private async Task<JsonElement> CaughtAsync(params string[] names)
    {
        var result = await _system.VerifyHereAsync("--ledger", _ledger, "--no-wait", "--json");
        var report = Schemas.Validate(result.Output);
        Assert.Equal(names.Order(), NamesIn(report).Order());
        Assert.Equal(3, result.ExitCode);
        Assert.False(report.GetProperty("clean").GetBoolean());
        Assert.All(names, name => Assert.NotEmpty(SamplesOf(report, name)));
        return report;
    }

    private static string[] NamesIn(JsonElement report) =>
        [.. Anomalies(report).Where(one => one.GetProperty("count").GetInt64() > 0).Select(one => $"{one.GetProperty("name")}")];

    private static List<JsonElement> SamplesOf(JsonElement report, string name) =>
        [.. Anomalies(report).Single(one => one.GetProperty("name").GetString() == name).GetProperty("samples").EnumerateArray()];

    private static JsonElement.ArrayEnumerator Anomalies(JsonElement report) => report.GetProperty("anomalies").EnumerateArray();

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _system.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
