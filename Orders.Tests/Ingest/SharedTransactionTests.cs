using Npgsql;
using Orders.Service.Ingest;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Batches_that_meet_are_stored_by_one_transaction_each_accounted_for_in_its_partition(bool unseen)
    {
        TakeForNew(unseen);
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1), ("b", 1)), () => _ingest.IngestAsync(2, ("c", 1)));

        Assert.Equal(["1 1 3 2", "2 1 2 1"], await _ingest.LinesAsync(
            "SELECT partition, first_offset, next_offset, stored FROM inbox WHERE first_offset > 0 AND partition > 0 ORDER BY partition"));
        Assert.Equal(["1 3", "2 2"], await _ingest.LinesAsync("SELECT partition, position FROM watermark WHERE partition > 0 ORDER BY partition"));
        Assert.Equal(1L, await _ingest.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM inbox WHERE first_offset > 0 AND partition > 0"));
        Assert.Equal(1L, await _ingest.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM orders WHERE order_uid IN ('a', 'b', 'c')"));
        Assert.Equal(unseen ? 4 : 0, _ingest.Insert.Inserted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_order_that_both_hold_is_folded_from_one_onto_the_other(bool unseen)
    {
        TakeForNew(unseen);
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1)), () => _ingest.IngestAsync(2, ("a", 2)));

        Assert.Equal(["2 2"], await _ingest.LinesAsync("SELECT version, partition FROM orders WHERE order_uid = 'a'"));
        Assert.Equal(["1", "2"], await _ingest.LinesAsync("SELECT sequence FROM outbox_event WHERE key = 'a' ORDER BY id, place"));
        Assert.Equal(unseen ? 3 : 0, _ingest.Insert.Inserted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_batch_keeps_what_it_cannot_store_under_its_own_partition_and_offset(bool unseen)
    {
        TakeForNew(unseen);
        _ingest.Limits.MaxHeaders = 0;
        await TogetherAsync(() => _ingest.IngestAsync(1, ("a", 1), ("b", 1)), () => _ingest.IngestAsync(2, ("c", 1)));

        Assert.Equal(["1 1", "1 2", "2 1"], await _ingest.LinesAsync(
            "SELECT partition, record_offset FROM dead_letter WHERE partition > 0 ORDER BY partition, record_offset"));
        Assert.Equal(["1 2", "2 1"], await _ingest.LinesAsync("SELECT partition, dead FROM inbox WHERE first_offset > 0 AND partition > 0 ORDER BY 1"));
        Assert.Equal(unseen ? 4 : 0, _ingest.Insert.Inserted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_that_fails_is_kept_aside_and_the_other_batch_is_stored(bool unseen)
    {
        TakeForNew(unseen);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lock_that_one_needs_is_waited_for_by_that_one_alone(bool unseen)
    {
        TakeForNew(unseen);
        await WaitsAloneAsync("SELECT 1 FROM orders WHERE order_uid = 'first-1' FOR UPDATE", ("first-1", 2));

        Assert.Equal(2L, await _ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'first-1'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watermark_that_is_held_is_waited_for_by_its_own_batch_alone(bool unseen)
    {
        TakeForNew(unseen);
        await WaitsAloneAsync("SELECT 1 FROM watermark WHERE partition = 1 FOR UPDATE", ("a", 1));

        Assert.Equal(["a 1", "b 1"], await _ingest.LinesAsync("SELECT order_uid, version FROM orders WHERE order_uid IN ('a', 'b') ORDER BY 1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_order_that_another_transaction_inserts_is_waited_for_by_its_own_batch_alone(bool inserted)
    {
        TakeForNew(unseen: true);
        await WaitsAloneAsync(
            """
            INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time)
            SELECT 'a', version, content, content_hash, epoch, partition, record_offset, record_time FROM orders WHERE order_uid = 'first-2'
            """,
            ("a", 2),
            commits: inserted);

        Assert.Equal(["1"], await _ingest.LinesAsync("SELECT count(*) FROM orders WHERE order_uid = 'a'"));
        Assert.Equal(["2"], await _ingest.LinesAsync("SELECT position FROM watermark WHERE partition = 1"));
    }

    /// <summary>Partition 1's record waits until the holder of the lock ends its transaction; partition 2's order b, which met it, is stored before.</summary>
    private async Task WaitsAloneAsync(string lockSql, (string Uid, int Edition) record, bool commits = false)
    {
        await using var holder = await _ingest.Database.OpenConnectionAsync(Cancellation);
        await using var held = await LockAsync(holder, lockSql);
        Task? waiting = null;
        Task? other = null;
        await TogetherAsync(
            () =>
            {
                waiting = _ingest.IngestAsync(1, record);
                return Task.CompletedTask;
            },
            () => other = _ingest.IngestAsync(2, ("b", 1)));

        await other!.WaitAsync(Patience, Cancellation);
        Assert.False(waiting!.IsCompleted);
        await (commits ? held.CommitAsync(Cancellation) : held.RollbackAsync(Cancellation));
        await waiting.WaitAsync(Patience, Cancellation);
    }

    /// <summary>Whether orders are taken for new from now on, and not looked for.</summary>
    private void TakeForNew(bool unseen) => _ingest.Insert.Looked(OptimisticInsert.LeastProof, areNew: unseen);

    /// <summary>Begins both while a batch of partition 0 is under way, and lets that one end then.</summary>
    private async Task TogetherAsync(params Func<Task>[] batches)
    {
        await using var holder = await _ingest.Database.OpenConnectionAsync(Cancellation);
        await using var held = await LockAsync(holder, "SELECT 1 FROM watermark WHERE partition = 0 FOR UPDATE");
        var before = _ingest.IngestAsync(0, ("first-again", 1));
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
