using Bus.Kafka.Watermarks;
using Bus.Storage;
using Orders.Service.Ingest;
using Orders.Tests.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>A batch that is inserted without a look for its orders comes to what it comes to with one, whatever it holds.</summary>
[Trait("Category", "system")]
public sealed class InsertedUnseenTests(SharedPostgres postgres)
{
    private static readonly (string Uid, int Edition)[] Fillers = [.. Enumerable.Range(0, CopyRows.Worthwhile).Select(number => ($"new-{number}", 1))];

    [Fact]
    public async Task New_orders_are_stored_and_the_next_batch_is_not_looked_for_either()
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, [.. Fillers, ("new-0", 2)]);

        Assert.Equal((true, Fillers.Length + 1), (ingest.Insert.IsLikely, ingest.Insert.Inserted));
        Assert.Equal(["new-0 2", "new-1 1"], await ingest.LinesAsync(
            "SELECT order_uid, version FROM orders WHERE order_uid IN ('new-0', 'new-1') ORDER BY 1"));
        Assert.Equal([$"{Fillers.Length + 1} {Fillers.Length + 1}"], await ingest.LinesAsync("SELECT stored, (SELECT count(*) FROM outbox_event) FROM inbox"));
    }

    [Theory]
    [InlineData(2, "stored", 2)]
    [InlineData(1, "duplicate", 1)]
    public async Task A_known_order_among_the_new_ones_is_folded_onto_what_is_stored(int edition, string outcome, long version)
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.IngestAsync(0, [.. Fillers, ("known", edition)]);

        InsertedInVain(ingest);
        Assert.Equal(version, await ingest.QueryAsync<long>("SELECT version FROM orders WHERE order_uid = 'known'"));
        Assert.Equal(Fillers.Length, await ingest.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'new-%' AND version = 1"));
        Assert.Equal(Fillers.Length + version, await ingest.QueryAsync<long>("SELECT count(*) FROM outbox_event"));
        Assert.Equal(outcome == "stored" ? Fillers.Length + 1 : 1, await ingest.QueryAsync<long>($"SELECT {outcome} FROM inbox WHERE first_offset = 1"));
    }

    [Fact]
    public async Task A_batch_of_one_known_order_only_is_folded_onto_what_is_stored()
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.IngestAsync(0, [.. Enumerable.Range(2, CopyRows.Worthwhile).Select(edition => ("known", edition))]);

        InsertedInVain(ingest);
        Assert.Equal(CopyRows.Worthwhile + 1L, await ingest.QueryAsync<long>("SELECT version FROM orders"));
    }

    [Fact]
    public async Task A_later_record_of_a_failed_order_parks_behind_it()
    {
        await using var ingest = await UnseenAsync();
        await ingest.BreakAsync("failed");
        await ingest.IngestAsync(0, ("failed", 1));
        await ingest.MendAsync();
        await ingest.IngestAsync(0, [.. Fillers, ("failed", 2)]);

        Assert.Equal(["redelivering", "parked"], await ingest.LinesAsync("SELECT state FROM dead_letter ORDER BY id"));
        Assert.Equal(Fillers.Length, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task A_batch_that_does_not_begin_at_the_watermark_is_not_stored()
    {
        await using var ingest = await UnseenAsync();
        await ingest.IngestAsync(0, ("known", 1));
        await ingest.ExecuteAsync("UPDATE watermark SET position = 0");

        await Assert.ThrowsAsync<WatermarkMismatchException>(() => ingest.IngestAsync(0, Fillers));
        Assert.Equal(1L, await ingest.QueryAsync<long>("SELECT count(*) FROM orders"));
    }

    /// <summary>A batch that was looked for from the start would not have doubled what the next proof takes.</summary>
    private static void InsertedInVain(IngestUnderTest ingest)
    {
        ingest.Insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        Assert.False(ingest.Insert.IsLikely);
    }

    private async Task<IngestUnderTest> UnseenAsync()
    {
        var ingest = await IngestUnderTest.StartAsync(postgres);
        ingest.Insert.Looked(OptimisticInsert.LeastProof, areNew: true);
        return ingest;
    }
}
