using Npgsql;
using Orders.Service.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Failures;

/// <summary>A record that makes ingest fail: its neighbours are stored, its order waits behind it and follows in order, nobody else waits.</summary>
[Trait("Category", "system")]
public sealed class ParkingTests(SharedPostgres postgres)
{
    private const string Letters = "SELECT record_offset, state, reason FROM dead_letter ORDER BY partition, record_offset";
    private const string Accounts = """
        SELECT min(first_offset), max(next_offset), sum(stored), sum(dead), sum(parked), sum(redelivering) FROM inbox GROUP BY partition ORDER BY partition
        """;

    [Fact]
    public async Task What_the_database_refuses_is_a_dead_letter_at_once_and_its_neighbours_and_successors_are_stored()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.RefuseAsync("bad");

        await ingest.IngestAsync(0, ("a", 1), ("b", 1), ("bad", 1), ("c", 1));
        await ingest.IngestAsync(0, ("bad", 2));

        Assert.Equal(["2 dead refused_by_database"], await ingest.LinesAsync(Letters));
        Assert.Equal(["0 5 4 1 0 0"], await ingest.LinesAsync(Accounts));
        Assert.Equal(["a 1", "b 1", "bad 1", "c 1"], await ingest.LinesAsync("SELECT order_uid, version FROM orders ORDER BY order_uid"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
        Assert.Contains("SQLSTATE 23514", await ingest.QueryAsync<string>("SELECT sentence FROM dead_letter"), StringComparison.Ordinal);
        Assert.Contains("refused", await ingest.QueryAsync<string>("SELECT exception FROM dead_letter"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Later_records_park_behind_a_failure_and_follow_in_order_once_its_cause_is_mended()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("a", 1), ("bad", 1), ("b", 1));
        await ingest.IngestAsync(0, ("bad", 2), ("c", 1), ("bad", 3));
        await ingest.IngestAsync(0, ("a", 2));

        Assert.Equal(["1 redelivering ingest_failed", "3 parked parked_behind", "5 parked parked_behind"], await ingest.LinesAsync(Letters));
        Assert.Equal(["0 7 4 0 2 1"], await ingest.LinesAsync(Accounts));
        Assert.Equal(["a 2", "b 1", "c 1"], await ingest.LinesAsync("SELECT order_uid, version FROM orders ORDER BY order_uid"));

        Assert.Equal(1, await ingest.RedeliverAsync(most: 1));
        await ingest.MendAsync();
        Assert.Equal(1, await ingest.RedeliverAsync());

        Assert.Equal(
            ["1 resolved", "3 resolved", "5 resolved"], await ingest.LinesAsync("SELECT record_offset, state FROM dead_letter ORDER BY record_offset"));
        Assert.Equal(
            ["1 order.created.v1", "2 order.updated.v1", "3 order.updated.v1"],
            await ingest.LinesAsync("SELECT sequence, type FROM outbox_event WHERE key = 'bad' ORDER BY id, place"));
        Assert.Equal("3 5", (await ingest.LinesAsync("SELECT version, record_offset FROM orders WHERE order_uid = 'bad'"))[0]);
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
        Assert.Equal(
            ["1 ingest redelivering", "2 redelivery redelivering", "3 redelivery stored"],
            await ingest.LinesAsync(
                "SELECT number, kind, outcome FROM dead_letter_attempt WHERE dead_letter_id = (SELECT min(id) FROM dead_letter) ORDER BY number"));

        // In normal life again: nothing parks.
        await ingest.IngestAsync(0, ("bad", 4));
        Assert.Equal(4, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
    }

    [Fact]
    public async Task After_the_last_redelivery_it_is_dead_its_order_waits_and_a_replay_lets_it_go_on()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1), ("bad", 2), ("a", 1));

        Assert.Equal(3, await ingest.RedeliverAsync());
        Assert.Equal(["0 dead ingest_failed", "1 parked parked_behind"], await ingest.LinesAsync(Letters));
        Assert.Equal(0, await ingest.RedeliverAsync());
        var id = await ingest.QueryAsync<long>("SELECT id FROM dead_letter WHERE state = 'dead'");
        var parked = await ingest.QueryAsync<long>("SELECT id FROM dead_letter WHERE state = 'parked'");

        var refused = await ingest.Replay.ReplayAsync(id, "op", TestContext.Current.CancellationToken);
        Assert.Equal(ReplayStatus.StillDead, refused.Status);
        Assert.Equal(ReplayStatus.Conflict, (await ingest.Replay.ReplayAsync(parked, "op", TestContext.Current.CancellationToken)).Status);
        await ingest.IngestAsync(0, ("bad", 3));
        Assert.Equal(2, await ingest.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'parked'"));

        await ingest.MendAsync();
        Assert.Equal(ReplayStatus.Resolved, (await ingest.Replay.ReplayAsync(id, "op", TestContext.Current.CancellationToken)).Status);
        Assert.Equal(1, await ingest.RedeliverAsync());
        Assert.Equal(3, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
    }

    [Fact]
    public async Task Of_followers_that_fail_together_the_one_to_blame_is_found_and_the_others_are_stored()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1), ("bad", 2), ("bad", 3), ("bad", 4), ("bad", 12));
        await ingest.MendAsync();
        await ingest.ExecuteAsync("ALTER TABLE orders ADD CONSTRAINT c CHECK (position('\"e12\"' IN convert_from(content, 'UTF8')) = 0)");

        await ingest.RedeliverAsync();

        Assert.Equal(
            [
                "0 resolved ingest_failed", "1 resolved parked_behind", "2 resolved parked_behind", "3 resolved parked_behind",
                "4 dead refused_by_database",
            ],
            await ingest.LinesAsync(Letters));
        Assert.Equal(4, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
        Assert.Equal(["1", "2", "3", "4"], await ingest.LinesAsync("SELECT sequence FROM outbox_event WHERE key = 'bad' ORDER BY id, place"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
    }

    [Fact]
    public async Task A_follower_that_todays_limits_refuse_is_dead_and_those_behind_it_follow()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1), ("bad", 2), ("bad", 3));
        await ingest.ExecuteAsync("UPDATE dead_letter SET value = 'null' WHERE record_offset = 1");
        await ingest.MendAsync();

        Assert.Equal(1, await ingest.RedeliverAsync());

        Assert.Equal(["0 resolved ingest_failed", "1 dead null_document", "2 resolved parked_behind"], await ingest.LinesAsync(Letters));
        Assert.Equal(2, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
        Assert.Equal(
            ["1 ingest parked", "2 redelivery dead"],
            await ingest.LinesAsync("""
                SELECT number, kind, outcome FROM dead_letter_attempt
                WHERE dead_letter_id = (SELECT id FROM dead_letter WHERE record_offset = 1) ORDER BY number
                """));
    }

    [Fact]
    public async Task A_record_dated_ahead_counts_at_its_replay_as_of_when_it_came()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.RefuseAsync("ahead");
        await ingest.IngestAsync(0, ("ahead", 1));
        await ingest.IngestAsync(1, ("ahead", 2));

        // Dated 2100, and a second older than the one that was stored.
        await ingest.ExecuteAsync("UPDATE dead_letter SET record_timestamp = 4102444800000, recorded_at = to_timestamp(1700000000)");
        await ingest.ExecuteAsync("ALTER TABLE orders DROP CONSTRAINT refused");
        var replay = await ingest.Replay.ReplayAsync(
            await ingest.QueryAsync<long>("SELECT id FROM dead_letter"), "op", TestContext.Current.CancellationToken);

        Assert.Equal((ReplayStatus.Resolved, "superseded"), (replay.Status, replay.Outcome));
        Assert.Equal(1, await ingest.QueryAsync<long>("SELECT version FROM orders"));
    }

    [Fact]
    public async Task A_replay_that_is_refused_for_another_reason_leaves_that_one()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.RefuseAsync("poor");
        await ingest.IngestAsync(0, ("poor", 1));
        await ingest.ExecuteAsync("UPDATE dead_letter SET value = 'x'");
        var replay = await ingest.Replay.ReplayAsync(
            await ingest.QueryAsync<long>("SELECT id FROM dead_letter"), "op", TestContext.Current.CancellationToken);

        Assert.Equal(ReplayStatus.StillDead, replay.Status);
        Assert.Equal(["dead malformed_json 0"], await ingest.LinesAsync("SELECT state, reason, byte_position FROM dead_letter"));
    }

    [Fact]
    public async Task A_long_line_follows_in_order_in_a_few_transactions()
    {
        const int line = 1_000;
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1));
        await ingest.IngestAsync(0, [.. Enumerable.Range(2, line).Select(edition => ("bad", edition))]);
        await ingest.MendAsync();

        Assert.InRange(await ingest.RedeliverAsync(), 1, 10);

        Assert.Equal(line + 1, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
        Assert.Equal($"{line}", (await ingest.LinesAsync("SELECT record_offset FROM orders WHERE order_uid = 'bad'"))[0]);
        Assert.Equal(
            Enumerable.Range(1, line + 1).Select(i => $"\"locale\": \"e{i}\""),
            await ingest.LinesAsync("SELECT substring(convert_from(payload, 'UTF8') FROM '\"locale\": \"e[0-9]+\"') FROM outbox_event ORDER BY id, place"));
    }

    [Fact]
    public async Task Two_instances_do_not_redeliver_one_record_twice()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1));
        await ingest.IngestAsync(1, ("bad", 2), ("other", 1));
        await ingest.MendAsync();

        var tried = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ingest.RedeliverAsync()));
        await ingest.RedeliverAsync();

        Assert.InRange(tried.Sum(), 1, 2);
        Assert.Equal(2, await ingest.QueryAsync<long>("SELECT count(*) FROM dead_letter_attempt WHERE kind = 'redelivery'"));
        Assert.Equal(["1", "2"], await ingest.LinesAsync("SELECT sequence FROM outbox_event WHERE key = 'bad' ORDER BY id, place"));
    }

    [Fact]
    public async Task A_redelivery_that_is_not_due_is_left_alone()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, redelivery: TimeSpan.FromHours(1));
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1));

        Assert.Equal(0, await ingest.RedeliverAsync());
        Assert.Equal(1, await ingest.QueryAsync<long>("SELECT count(*) FROM parking WHERE due_at > now() + interval '59 min'"));
    }

    [Fact]
    public async Task Appending_and_draining_at_the_same_time_forget_nobody()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.IngestAsync(0, ("bad", 1));
        await ingest.MendAsync();

        async Task AppendAsync()
        {
            for (var edition = 2; edition <= 40; edition++)
            {
                await ingest.IngestAsync(0, ("bad", edition), ($"o{edition}", 1));
            }
        }

        var appending = AppendAsync();
        while (!appending.IsCompleted)
        {
            await ingest.RedeliverAsync();
        }

        await appending;
        await ingest.RedeliverAsync();
        Assert.Equal(40, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'bad'"));
        Assert.Equal(
            Enumerable.Range(1, 40).Select(i => $"{i}"), await ingest.LinesAsync("SELECT sequence FROM outbox_event WHERE key = 'bad' ORDER BY id, place"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state <> 'resolved'"));
    }

    [Fact]
    public async Task An_order_that_somebody_else_has_locked_keeps_no_other_from_its_redelivery()
    {
        var token = TestContext.Current.CancellationToken;
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.IngestAsync(0, ("locked", 1));
        await ingest.BreakAsync("locked", "other");
        await ingest.IngestAsync(0, ("locked", 2));
        await ingest.IngestAsync(0, ("other", 1));
        await ingest.MendAsync();
        await using var holder = await ingest.Database.OpenConnectionAsync(token);
        await using var held = await holder.BeginTransactionAsync(token);
        await using (var locking = new NpgsqlCommand("SELECT 1 FROM orders WHERE order_uid = 'locked' FOR UPDATE", holder, held))
        {
            await locking.ExecuteNonQueryAsync(token);
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ingest.RedeliverAsync(most: 1));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.Equal(1, await ingest.RedeliverAsync(most: 1));
        Assert.Equal(["locked 1", "other 1"], await ingest.LinesAsync("SELECT order_uid, version FROM orders ORDER BY 1"));

        await held.RollbackAsync(token);
        await Eventually.SeeAsync(() => ingest.RedeliverAsync(most: 1), tried => tried == 1);
        Assert.Equal(2, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'locked'"));
    }
}
