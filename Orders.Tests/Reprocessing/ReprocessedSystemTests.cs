using System.Globalization;
using System.Text.Json;
using Npgsql;
using Orders.Tests.Servers;
using Orders.Tests.Tools;
using Orders.Tests.WholePath;

namespace Orders.Tests.Reprocessing;

/// <summary>A fault of ours damaged orders; their records are still on the topic. Real processes, a real Kafka.</summary>
[Trait("Category", "kafka")]
public sealed class ReprocessedSystemTests
{
    private const int Orders = 1_000;
    private const int Updated = 400;
    private const string Damage = "UPDATE orders SET content = convert_to('{\"broken\":true}', 'UTF8') WHERE order_uid LIKE 'o-%'";
    private const string Break = """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a step is broken'; END $$;
        CREATE TRIGGER broken BEFORE UPDATE ON orders FOR EACH ROW WHEN (NEW.order_uid = 'o-5') EXECUTE FUNCTION broken();
        """;

    private const string Live = "SELECT string_agg(partition || ':' || epoch || ':' || position, ' ' ORDER BY partition) FROM watermark";
    private const string Accounts = "SELECT sum(next_offset - first_offset)::bigint FROM inbox";

    [Fact]
    public async Task Force_mends_what_a_fault_damaged_without_touching_the_live_group_and_verify_is_clean_afterwards()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        using var topic = new OrdersTopic(system);
        await PutAsync(topic, Orders, edition: 1);
        await PutAsync(topic, Updated, edition: 2);
        await StoredAsync(system, Orders + Updated + 1);
        await ReplayTooLateAsync(system, topic);
        var before = await system.QueryAsync<string>(Live);
        var accounted = await system.QueryAsync<long>(Accounts);
        await ExecuteAsync(system, Damage);

        var harmless = await ReprocessAsync(system, "--from", "start", "--to", "end");
        Assert.Equal((0L, Orders + 2L, Updated + 1L), (Count(harmless, "stored"), Count(harmless, "duplicate"), Count(harmless, "superseded")));
        Assert.Equal(Orders, await system.QueryAsync<long>("SELECT count(*) FROM orders WHERE content = convert_to('{\"broken\":true}', 'UTF8')"));
        Assert.Equal(2, await system.QueryAsync<long>("SELECT max(version) FROM orders"));

        var forced = await ReprocessAsync(system, "--from", "start", "--to", "end", "--force");
        Assert.Equal((Orders + Updated + 3L, 0L), (Count(forced, "stored"), Count(forced, "superseded") + Count(forced, "duplicate")));
        Assert.Equal(before, await system.QueryAsync<string>(Live));
        Assert.Equal(accounted, await system.QueryAsync<long>(Accounts));
        await system.ServesAsync("o-0", SampleOrders.Of("o-0", 2));
        await system.ServesAsync("o-999", SampleOrders.Of("o-999"));
        Assert.Equal(4, await system.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'o-0'"));

        // Live ingest goes on, newer than all that was forced.
        await PutAsync(topic, 8, edition: 3);
        await system.ServesAsync("o-7", SampleOrders.Of("o-7", 3));
        Assert.Equal(5, await system.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'o-7'"));
        await system.VerifiedAsync();
        Assert.Equal([1L, 2, 3, 4, 5], (await system.EventsAsync()).Where(e => e.Key == "o-7").Select(e => e.Sequence).Distinct());
    }

    [Fact]
    public async Task A_record_that_fails_now_is_found_among_its_neighbours_and_kept_and_a_job_can_be_ended_where_it_stands()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        using var topic = new OrdersTopic(system);
        await PutAsync(topic, 400, edition: 1);
        await StoredAsync(system, 401);
        await ExecuteAsync(system, Break);

        var failing = await ReprocessAsync(system, "--from", "0", "--to", "100", "--partition", "1", "--force");
        Assert.Equal((99L, 1L), (Count(failing, "stored"), Count(failing, "dead")));
        Assert.Equal("dead ingest_failed", await system.QueryAsync<string>("SELECT state || ' ' || reason FROM dead_letter"));
        await ExecuteAsync(system, "DROP FUNCTION broken CASCADE");
        await system.VerifiedAsync();

        await using (await HoldAsync(system, "o-2"))
        {
            var watching = system.RunAsync("reprocess", "--from", "0", "--to", "100", "--partition", "2", "--force");
            await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM reprocess WHERE state = 'running'"), running => running == 1);
            var cancelled = await system.RunAsync("reprocess", "--job", "2", "--cancel", "--json");
            Assert.Equal((1, "cancelled"), (cancelled.ExitCode, Schemas.Validate(cancelled.Output).GetProperty("state").GetString()));
            Assert.Contains("to go on: bus reprocess --partition 2 --from 0 --to 100 --force", (await watching).Errors, StringComparison.Ordinal);
        }

        Assert.Equal(100L, Count(await ReprocessAsync(system, "--from", "0", "--to", "100", "--partition", "2"), "duplicate"));
        await system.VerifiedAsync();
    }

    [Fact]
    public async Task A_job_survives_a_kill_of_the_service_and_what_is_not_there_is_refused()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        using var topic = new OrdersTopic(system);
        await PutAsync(topic, Orders, edition: 1);
        await StoredAsync(system, Orders + 1);

        // The job cannot get on while somebody holds an order's row; the service is killed meanwhile.
        Task<JsonElement> watching;
        await using (await HoldAsync(system, "o-999"))
        {
            watching = ReprocessAsync(system, "--from", "start", "--to", "end", "--force");
            await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM reprocess WHERE state = 'running'"), running => running == 1);
            var second = await system.RunAsync("reprocess", "--from", "start", "--to", "end");
            Assert.Equal((1, "bus: A range is being reprocessed already; wait for its end, or cancel it.\n"), (second.ExitCode, second.Errors));
            await system.SignalAsync("service", "KILL");
        }

        Assert.Equal(Orders + 1L, Count(await watching, "stored"));

        // Each record had its effect once, on whichever side of the kill.
        Assert.Equal(Orders + 1, await system.QueryAsync<long>("SELECT count(*) FROM orders WHERE version = 2"));
        await system.VerifiedAsync();

        var above = await system.RunAsync("reprocess", "--from", "0", "--to", "1000000", "--partition", "1");
        Assert.Equal(1, above.ExitCode);
        Assert.Contains("nothing above can be ingested again; 1000000 was asked for", above.Errors, StringComparison.Ordinal);
        Assert.Equal(1, (await system.RunAsync("reprocess", "--from", "0", "--to", "5", "--partition", "9")).ExitCode);
        Assert.Equal(1, (await system.RunAsync("reprocess", "--from", "yesterday", "--to", "end")).ExitCode);
        Assert.Equal(1, (await system.RunAsync("reprocess", "--job", "77")).ExitCode);

        // An end that was reached is not undone.
        var job = await system.QueryAsync<long>("SELECT max(id) FROM reprocess");
        var cancelled = await system.RunAsync("reprocess", "--job", $"{job}", "--cancel", "--json");
        Assert.Equal("done", Schemas.Validate(cancelled.Succeeded()).GetProperty("state").GetString());
    }

    private static Task PutAsync(OrdersTopic topic, int count, int edition) => Task.WhenAll(Enumerable.Range(0, count).Select(
        i => topic.PutAsync(i % OrdersTopic.Partitions, Uid(i), SampleOrders.Of(Uid(i), edition))));

    /// <summary>A record that was refused, and replayed when a later one of its order was stored.</summary>
    private static async Task ReplayTooLateAsync(BusSystem system, OrdersTopic topic)
    {
        await ExecuteAsync(system, "ALTER TABLE orders ADD CONSTRAINT refused CHECK (order_uid <> 'late')");
        await topic.PutAsync(0, "late", SampleOrders.Of("late"));
        var letter = await Eventually.SeeAsync(
            () => system.QueryAsync<long>("SELECT COALESCE(max(id), 0) FROM dead_letter WHERE state = 'dead'"), found => found > 0);
        await ExecuteAsync(system, "ALTER TABLE orders DROP CONSTRAINT refused");
        await topic.PutAsync(0, "late", SampleOrders.Of("late", 2));
        await StoredAsync(system, Orders + Updated + 2);
        (await system.RunAsync("dlq", "replay", $"{letter}")).Succeeded();
        Assert.Equal("superseded", await system.QueryAsync<string>("SELECT outcome FROM dead_letter_attempt WHERE kind = 'replay'"));
    }

    private static string Uid(int number) => string.Create(CultureInfo.InvariantCulture, $"o-{number}");

    private static async Task<JsonElement> ReprocessAsync(BusSystem system, params string[] arguments)
    {
        var job = Schemas.Validate((await system.RunAsync(["reprocess", .. arguments, "--json"])).Succeeded());
        Assert.Equal("done", job.GetProperty("state").GetString());
        return job;
    }

    /// <summary>Locks an order's row until it is disposed of.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(BusSystem system, string uid)
    {
        var connection = await system.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var hold = new NpgsqlCommand("SELECT FROM orders WHERE order_uid = $1 FOR UPDATE", connection) { Parameters = { new() { Value = uid } } };
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static long Count(JsonElement job, string outcome) => job.GetProperty("counts").GetProperty(outcome).GetInt64();

    private static Task<long> StoredAsync(BusSystem system, long records) => Eventually.SeeAsync(
        () => system.QueryAsync<long>("SELECT sum(stored)::bigint FROM inbox"), stored => stored == records);

    private static async Task ExecuteAsync(BusSystem system, string sql)
    {
        await using var command = system.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
