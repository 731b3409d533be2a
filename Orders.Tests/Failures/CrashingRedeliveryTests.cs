using Bus.Storage.Inbox;
using Bus.Storage.Starts;
using Npgsql;
using Orders.Service.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Failures;

/// <summary>A process that ends over a redelivery: the record it ends with is found, and nobody innocent is blamed.</summary>
[Trait("Category", "system")]
public sealed class CrashingRedeliveryTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string States = "SELECT state, reason FROM dead_letter ORDER BY record_offset";
    private const string Begun = "SELECT count(*) FROM partition_start";
    private const string Version = "SELECT version FROM orders WHERE order_uid = 'bad'";
    private IngestUnderTest _ingest = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One record that failed, for a step that is mended now, and two behind it.</summary>
    public async ValueTask InitializeAsync()
    {
        _ingest = await IngestUnderTest.StartAsync(postgres);
        await _ingest.BreakAsync("bad");
        await _ingest.IngestAsync(0, ("bad", 1), ("bad", 2), ("bad", 3));
        await _ingest.MendAsync();
    }

    public ValueTask DisposeAsync() => _ingest.DisposeAsync();

    [Fact]
    public async Task A_line_that_a_process_ended_over_goes_on_one_by_one_and_all_of_it_is_stored_where_none_was_to_blame()
    {
        await EndOverHeadAsync(times: 3);

        Assert.Equal(3, await _ingest.RedeliverAsync());
        Assert.Equal(3, await _ingest.QueryAsync<long>(Version));
        Assert.Equal(0, await _ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
        Assert.Equal(0, await _ingest.QueryAsync<long>(Begun));
    }

    [Fact]
    public async Task Its_head_is_dead_after_one_end_more_than_unclean_starts_and_its_order_waits_until_it_is_replayed()
    {
        await EndOverHeadAsync(times: 4);

        Assert.Equal(1, await _ingest.RedeliverAsync());
        await _ingest.IngestAsync(0, ("bad", 4));
        Assert.Equal(
            ["dead crash_suspect", "parked parked_behind", "parked parked_behind", "parked parked_behind"], await _ingest.LinesAsync(States));
        Assert.Equal(0, await _ingest.RedeliverAsync());
        Assert.Equal(0, await _ingest.QueryAsync<long>(Begun));

        var id = await _ingest.QueryAsync<long>("SELECT min(id) FROM dead_letter");
        Assert.Equal(ReplayStatus.Resolved, (await _ingest.Replay.ReplayAsync(id, "op", Token)).Status);
        await _ingest.RedeliverAsync();
        Assert.Equal(4, await _ingest.QueryAsync<long>(Version));
    }

    [Fact]
    public async Task What_is_tried_in_vain_for_a_fault_of_the_world_counts_as_no_end_and_takes_none_back()
    {
        await EndOverHeadAsync(times: 3);
        await _ingest.ExecuteAsync("ALTER TABLE orders RENAME TO orders_away");
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => _ingest.RedeliverAsync());
            await _ingest.ExecuteAsync("UPDATE parking SET due_at = now()");
            Assert.Equal(3, await _ingest.QueryAsync<int>("SELECT starts FROM partition_start"));
        }

        await _ingest.ExecuteAsync("ALTER TABLE orders_away RENAME TO orders");
        Assert.Equal(3, await _ingest.RedeliverAsync());
        Assert.Equal(3, await _ingest.QueryAsync<long>(Version));
    }

    [Fact]
    public async Task A_session_that_is_ended_in_the_middle_of_an_attempt_leaves_no_suspicion_and_others_go_first()
    {
        var due = await _ingest.QueryAsync<DateTime>("SELECT due_at FROM parking");
        await _ingest.ExecuteAsync("""
            CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
            CREATE TRIGGER hang BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION hang()
            """);

        var attempt = _ingest.RedeliverAsync();
        await Eventually.SeeAsync(
            () => _ingest.QueryAsync<long>(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"),
            ended => ended == 1);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => attempt);
        Assert.Equal(0, await _ingest.QueryAsync<long>(Begun));
        Assert.NotEqual(due, await _ingest.QueryAsync<DateTime>("SELECT due_at FROM parking"));
    }

    /// <summary>What other processes leave behind that ended over the head of the line: their transactions are rolled back, that they began is not.</summary>
    private async Task EndOverHeadAsync(int times)
    {
        var head = await _ingest.QueryAsync<long>("SELECT dead_letter_id FROM parking");
        for (var end = 0; end < times; end++)
        {
            await PartitionStarts.AnnounceAsync(_ingest.Database, new InboxPartition("bad", "#redelivery", 0), epoch: 1, head, Guid.NewGuid(), Token);
        }
    }
}
