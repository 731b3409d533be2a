using Bus.Storage.Inbox;
using Bus.Storage.Starts;
using Orders.Service.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Failures;

/// <summary>A process that ends over a redelivery: the record it ends with is found, and nobody innocent is blamed.</summary>
[Trait("Category", "system")]
public sealed class CrashingRedeliveryTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string States = "SELECT state, reason FROM dead_letter ORDER BY record_offset";
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
        await EndOverHeadAsync(isAlone: false);

        // Once to see it, then each by itself.
        Assert.Equal(1 + 3, await _ingest.RedeliverAsync());
        Assert.Equal(3, await _ingest.QueryAsync<long>(Version));
        Assert.Equal(0, await _ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
        Assert.Equal(0, await _ingest.QueryAsync<long>("SELECT count(*) FROM partition_start"));
    }

    [Fact]
    public async Task One_that_was_alone_when_a_process_ended_is_dead_and_its_order_waits_until_it_is_replayed()
    {
        await EndOverHeadAsync(isAlone: true);

        Assert.Equal(1, await _ingest.RedeliverAsync());
        await _ingest.IngestAsync(0, ("bad", 4));
        Assert.Equal(
            ["dead crash_suspect", "parked parked_behind", "parked parked_behind", "parked parked_behind"], await _ingest.LinesAsync(States));
        Assert.Equal(0, await _ingest.RedeliverAsync());
        Assert.Equal(0, await _ingest.QueryAsync<long>("SELECT count(*) FROM partition_start"));

        var id = await _ingest.QueryAsync<long>("SELECT min(id) FROM dead_letter");
        Assert.Equal(ReplayStatus.Resolved, (await _ingest.Replay.ReplayAsync(id, "op", Token)).Status);
        await _ingest.RedeliverAsync();
        Assert.Equal(4, await _ingest.QueryAsync<long>(Version));
    }

    [Fact]
    public async Task What_is_tried_in_vain_for_a_fault_of_the_world_is_under_no_suspicion_the_next_time()
    {
        await _ingest.ExecuteAsync("ALTER TABLE orders RENAME TO orders_away");
        await Assert.ThrowsAnyAsync<Exception>(() => _ingest.RedeliverAsync());
        Assert.Equal(0, await _ingest.QueryAsync<long>("SELECT count(*) FROM partition_start"));

        await _ingest.ExecuteAsync("ALTER TABLE orders_away RENAME TO orders");
        await _ingest.ExecuteAsync("UPDATE parking SET due_at = now()");
        Assert.Equal(1, await _ingest.RedeliverAsync());
        Assert.Equal(3, await _ingest.QueryAsync<long>(Version));
    }

    /// <summary>What another process leaves behind that ended over the head of the line: its transaction is rolled back, its entry is not.</summary>
    private async Task EndOverHeadAsync(bool isAlone)
    {
        var (line, owner) = (new InboxPartition("bad", "#redelivery", 0), Guid.NewGuid());
        var head = await _ingest.QueryAsync<long>("SELECT dead_letter_id FROM parking");
        await PartitionStarts.AnnounceAsync(_ingest.Database, line, epoch: 1, head, owner, Token);
        if (isAlone)
        {
            await PartitionStarts.MarkAloneAsync(_ingest.Database, line, owner, head, Token);
        }
    }
}
