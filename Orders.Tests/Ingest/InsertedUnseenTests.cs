using System.Data.Common;
using Bus.Kafka.Watermarks;
using Bus.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Orders.Service.Ingest;
using Orders.Tests.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>A batch that is inserted without a look for its orders comes to what it comes to with one, whatever it holds.</summary>
[Trait("Category", "system")]
public sealed class InsertedUnseenTests(SharedPostgres postgres)
{
    private const int Few = 3;
    private const int Many = CopyRows.Worthwhile;

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task New_orders_are_stored_and_the_next_batch_is_not_looked_for_either(int count)
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, [.. New(count), ("new-0", 2)]);

        Assert.Equal((true, count + 1), (ingest.Insert.IsLikely, ingest.Insert.Inserted));
        Assert.Equal(["new-0 2", "new-1 1"], await ingest.LinesAsync(
            "SELECT order_uid, version FROM orders WHERE order_uid IN ('new-0', 'new-1') ORDER BY 1"));
        Assert.Equal([$"{count + 1} {count + 1}"], await ingest.LinesAsync("SELECT stored, (SELECT count(*) FROM outbox_event) FROM inbox"));
        Assert.Equal(count + 1L, await ingest.QueryAsync<long>("SELECT position FROM watermark"));
    }

    [Theory]
    [InlineData(Few, 2, "stored", 2)]
    [InlineData(Few, 1, "duplicate", 1)]
    [InlineData(Many, 2, "stored", 2)]
    [InlineData(Many, 1, "duplicate", 1)]
    public async Task A_known_order_among_the_new_ones_is_folded_onto_what_is_stored(int count, int edition, string outcome, long version)
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.IngestAsync(0, [.. New(count), ("known", edition)]);

        InsertedInVain(ingest);
        Assert.Equal(version, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'known'"));
        Assert.Equal(count, await ingest.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'new-%' AND version = 1"));
        Assert.Equal(count + version, await ingest.QueryAsync<long>("SELECT count(*) FROM outbox_event"));
        Assert.Equal(outcome == "stored" ? count + 1 : 1, await ingest.QueryAsync<long>($"SELECT {outcome} FROM inbox WHERE first_offset = 1"));
    }

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task A_batch_of_one_known_order_only_is_folded_onto_what_is_stored(int count)
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.IngestAsync(0, [.. Enumerable.Range(2, count).Select(edition => ("known", edition))]);

        InsertedInVain(ingest);
        Assert.Equal(count + 1L, await ingest.QueryAsync<long>("SELECT version FROM orders"));
    }

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task A_later_record_of_a_failed_order_parks_behind_it(int count)
    {
        await using var ingest = await UnseenAsync();
        await ingest.BreakAsync("failed");
        await ingest.IngestAsync(0, ("failed", 1));
        await ingest.MendAsync();
        await ingest.IngestAsync(0, [.. New(count), ("failed", 2)]);

        Assert.Equal(["redelivering", "parked"], await ingest.LinesAsync("SELECT state FROM dead_letter ORDER BY id"));
        Assert.Equal(count, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
        Assert.False(ingest.Insert.IsLikely);
    }

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task A_batch_that_does_not_begin_at_the_watermark_is_not_stored(int count)
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.ExecuteAsync("UPDATE watermark SET position = 0");

        await Assert.ThrowsAsync<WatermarkMismatchException>(() => ingest.IngestAsync(0, New(count)));
        Assert.Equal(1L, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task Records_that_cannot_be_stored_are_kept_in_the_same_round_trip()
    {
        await using var ingest = await UnseenAsync();
        ingest.Limits.MaxHeaders = 0;
        await ingest.IngestAsync(0, New(Few));

        Assert.Equal(Few, ingest.Insert.Inserted);
        Assert.Equal(["0", "1", "2"], await ingest.LinesAsync("SELECT record_offset FROM dead_letter WHERE state = 'dead' ORDER BY 1"));
        Assert.Equal(Few, await ingest.QueryAsync<long>("SELECT dead FROM inbox"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_is_rehearsed_also_where_something_is_parked(bool atOnce)
    {
        await using var ingest = await UnseenAsync();
        await ingest.BreakAsync("failed");
        await ingest.IngestAsync(0, ("failed", 1));

        Assert.Equal(atOnce, await ingest.RehearseAsync(IngestUnderTest.Batch(7, 0, New(Few)), atOnce));
        Assert.Equal(0L, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
    }

    /// <summary>Also a schema that grew a column the service does not fill: it is seen before the first record comes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rehearsal_fails_where_no_batch_could_be_stored(bool atOnce)
    {
        await using var ingest = await UnseenAsync();
        await ingest.ExecuteAsync("ALTER TABLE orders ADD COLUMN more text NOT NULL");

        await Assert.ThrowsAsync<PostgresException>(() => ingest.RehearseAsync(IngestUnderTest.Batch(7, 0, New(Few)), atOnce));
    }

    /// <summary>What is told of a commit that Postgres carried out, or never got, is the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_round_trip_whose_answer_is_lost_has_its_effect_once(bool isCarriedOut)
    {
        await using var proxy = new CommitProxy(await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken), seed: 1);
        await using var ingest = await UnseenAsync(proxy.ConnectionString);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, New(Few));
        proxy.BreakNextInsert(isCarriedOut);

        await Assert.ThrowsAsync<NpgsqlException>(() => ingest.IngestAloneAsync(batch));
        var again = ingest.IngestAloneAsync(batch);

        if (isCarriedOut)
        {
            await Assert.ThrowsAsync<WatermarkMismatchException>(() => again);
        }

        await Task.WhenAny(again);
        Assert.Equal(isCarriedOut ? 0 : Few, ingest.Insert.Inserted);
        Assert.Equal([$"{Few} {Few} {Few}"], await ingest.LinesAsync(
            "SELECT position, (SELECT count(*) FROM orders), (SELECT count(*) FROM outbox_event) FROM watermark"));
    }

    [Fact]
    public async Task A_connection_that_broke_while_nothing_came_is_replaced()
    {
        var opened = new LastOpened();
        await using var ingest = await UnseenAsync(storage: options => options.AddInterceptors(opened));
        await ingest.IngestAsync(0, ("a", 1));
        await opened.Connection!.CloseAsync();

        await ingest.IngestAloneAsync(IngestUnderTest.Batch(0, 1, ("b", 1)));

        Assert.Equal(["a", "b"], await ingest.LinesAsync("SELECT order_uid FROM orders ORDER BY 1"));
    }

    [Fact]
    public async Task What_the_commit_refuses_is_not_taken_for_stored()
    {
        await using var ingest = await UnseenAsync();
        await ingest.StartPartitionAsync(0);
        await ingest.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF current_query() = 'COMMIT' THEN RETURN NULL; END IF;
                RAISE EXCEPTION 'refused by the commit';
            END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ingest.IngestAloneAsync(IngestUnderTest.Batch(0, 0, New(Few))));

        Assert.Equal("refused by the commit", refused.MessageText);
        Assert.Equal(["0 0"], await ingest.LinesAsync("SELECT position, (SELECT count(*) FROM orders) FROM watermark"));
        Assert.Equal(0, ingest.Insert.Inserted);
    }

    private static (string Uid, int Edition)[] New(int count) => [.. Enumerable.Range(0, count).Select(number => ($"new-{number}", 1))];

    /// <summary>A batch that was looked for from the start would not have doubled what the next proof takes.</summary>
    private static void InsertedInVain(IngestUnderTest ingest)
    {
        ingest.Insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        Assert.False(ingest.Insert.IsLikely);
    }

    private async Task<IngestUnderTest> UnseenAsync(string? connection = null, Action<DbContextOptionsBuilder>? storage = null)
    {
        var ingest = await IngestUnderTest.StartAsync(postgres, storage: storage, connection: connection);
        ingest.Insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        return ingest;
    }

    private sealed class LastOpened : DbConnectionInterceptor
    {
        public DbConnection? Connection { get; private set; }

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Connection = connection;
            return Task.CompletedTask;
        }
    }
}
