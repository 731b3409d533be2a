using Npgsql;
using Orders.Tests.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>Small batches of several partitions share a transaction, and none of them bears what befalls another.</summary>
[Trait("Category", "system")]
public sealed class SharedTransactionTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private IngestUnderTest _ingest = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Three partitions, each with one order.</summary>
    public async ValueTask InitializeAsync()
    {
        _ingest = await IngestUnderTest.StartAsync(postgres);
        foreach (var partition in new[] { 0, 1, 2 })
        {
            await _ingest.IngestAsync(partition, ($"first-{partition}", 1));
        }
    }

    public ValueTask DisposeAsync() => _ingest.DisposeAsync();

    [Fact]
    public async Task Batches_that_meet_are_stored_by_one_transaction_each_accounted_for_in_its_partition()
    {
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1), ("b", 1)), () => _ingest.IngestAsync(2, ("c", 1)));

        Assert.Equal(["1 1 3 2", "2 1 2 1"], await _ingest.LinesAsync(
            "SELECT partition, first_offset, next_offset, stored FROM inbox WHERE first_offset > 0 AND partition > 0 ORDER BY partition"));
        Assert.Equal(["1 3", "2 2"], await _ingest.LinesAsync("SELECT partition, position FROM watermark WHERE partition > 0 ORDER BY partition"));
        Assert.Equal(1L, await _ingest.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM inbox WHERE first_offset > 0 AND partition > 0"));
        Assert.Equal(1L, await _ingest.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM orders WHERE order_uid IN ('a', 'b', 'c')"));
    }

    [Fact]
    public async Task An_order_that_both_hold_is_folded_from_one_onto_the_other()
    {
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1)), () => _ingest.IngestAsync(2, ("a", 2)));

        Assert.Equal(["2 2"], await _ingest.LinesAsync("SELECT version, partition FROM orders WHERE order_uid = 'a'"));
        Assert.Equal(["1", "2"], await _ingest.LinesAsync("SELECT sequence FROM outbox_event WHERE key = 'a' ORDER BY id, place"));
    }

    [Fact]
    public async Task Each_batch_keeps_what_it_cannot_store_under_its_own_partition_and_offset()
    {
        _ingest.Limits.MaxHeaders = 0;
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1), ("b", 1)), () => _ingest.IngestAsync(2, ("c", 1)));

        Assert.Equal(["1 1", "1 2", "2 1"], await _ingest.LinesAsync(
            "SELECT partition, record_offset FROM dead_letter WHERE partition > 0 ORDER BY partition, record_offset"));
        Assert.Equal(["1 2", "2 1"], await _ingest.LinesAsync("SELECT partition, dead FROM inbox WHERE first_offset > 0 AND partition > 0 ORDER BY 1"));
    }

    [Fact]
    public async Task A_record_that_fails_is_kept_aside_and_the_other_batch_is_stored()
    {
        await _ingest.BreakAsync("bad");

        await TogetherAsync(() => _ingest.IngestAsync(1, ("bad", 1), ("a", 1)), () => _ingest.IngestAsync(2, ("b", 1)));

        Assert.Equal(["a", "b"], await _ingest.LinesAsync("SELECT order_uid FROM orders WHERE order_uid NOT LIKE 'first-%' ORDER BY 1"));
        Assert.Equal(["1 1 1", "2 1 0"], await _ingest.LinesAsync(
            "SELECT partition, sum(stored), sum(redelivering) FROM inbox WHERE first_offset > 0 AND partition > 0 GROUP BY 1 ORDER BY 1"));
    }

    [Fact]
    public async Task What_failed_before_goes_by_itself_even_where_others_wait_to_share()
    {
        await TogetherAsync(() => _ingest.IngestAgainAsync(1, ("a", 1)), () => _ingest.IngestAsync(2, ("b", 1)));

        Assert.Equal(2L, await _ingest.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM orders WHERE order_uid IN ('a', 'b')"));
    }

    [Fact]
    public async Task A_lock_that_one_needs_is_waited_for_by_that_one_alone()
    {
        await using var holder = await _ingest.Database.OpenConnectionAsync(Cancellation);
        await using var held = await LockAsync(holder, "SELECT 1 FROM orders WHERE order_uid = 'first-1' FOR UPDATE");

        Task? waiting = null;
        Task? other = null;
        await TogetherAsync(
            () =>
            {
                waiting = _ingest.IngestAsync(1, ("first-1", 2));
                return Task.CompletedTask;
            },
            () => other = _ingest.IngestAsync(2, ("b", 1)));

        await other!.WaitAsync(Patience, Cancellation);
        Assert.False(waiting!.IsCompleted);
        await held.RollbackAsync(Cancellation);
        await waiting.WaitAsync(Patience, Cancellation);
        Assert.Equal(2L, await _ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'first-1'"));
    }

    /// <summary>Begins both while a batch of partition 0 is under way, and lets that one end then.</summary>
    private async Task TogetherAsync(params Func<Task>[] batches)
    {
        await using var holder = await _ingest.Database.OpenConnectionAsync(Cancellation);
        await using var held = await LockAsync(holder, "SELECT 1 FROM watermark WHERE partition = 0 FOR UPDATE");
        var before = _ingest.IngestAsync(0, ("first-0", 2));
        await Eventually.SeeAsync(
            () => _ingest.QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
            waiting => waiting == 1);
        List<Task> all = [before, .. batches.Select(begin => begin())];
        await held.RollbackAsync(Cancellation);
        await Task.WhenAll(all).WaitAsync(Patience, Cancellation);
    }

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection connection, string sql)
    {
        var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(Cancellation);
        return transaction;
    }
}
