using Bus.Storage.Inbox;
using Orders.Service.Failures;
using Orders.Service.Reprocessing;
using Orders.Tests.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Reprocessing;

/// <summary>Records with a failure of their own, met again by a job: none is doubled, none overtakes its queue.</summary>
[Trait("Category", "system")]
public sealed class KeptAndParkedTests(SharedPostgres postgres)
{
    private const string Letters = "SELECT record_offset, state FROM dead_letter ORDER BY record_offset";
    private const string Orders = "SELECT order_uid, version FROM orders ORDER BY order_uid";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_letter_is_left_to_its_replay_and_a_parked_order_to_its_queue(bool forced)
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.BreakAsync("bad");
        await ingest.RefuseAsync("poor");
        await ingest.IngestAsync(0, ("a", 1), ("bad", 1), ("poor", 1), ("bad", 2));
        await ingest.MendAsync();
        await ingest.ExecuteAsync("ALTER TABLE orders DROP CONSTRAINT refused");

        var counts = await ingest.ReprocessAsync(0, forced);

        Assert.Equal((forced ? 1 : 0, forced ? 0 : 1, 1L, 2L), (counts.Stored, counts.Duplicate, counts.Dead, counts.Parked));
        Assert.Equal(["1 redelivering", "2 dead", "3 parked"], await ingest.LinesAsync(Letters));
        Assert.Equal([forced ? "a 2" : "a 1"], await ingest.LinesAsync(Orders));
        Assert.Equal(1, await ingest.RedeliverAsync());
        Assert.Equal([forced ? "a 2" : "a 1", "bad 2"], await ingest.LinesAsync(Orders));
    }

    [Fact]
    public async Task What_is_kept_is_not_even_looked_into_for_it_may_have_ended_the_process()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.RefuseAsync("poor");
        await ingest.IngestAsync(0, ("a", 1), ("poor", 1));
        ingest.ThrowWhenLookedInto(partition: 0, offset: 1);

        var counts = await ingest.ReprocessAsync(0);

        Assert.Equal(new OutcomeCounts { Duplicate = 1, Dead = 1 }, counts);
    }

    [Fact]
    public async Task What_can_no_longer_be_stored_becomes_a_dead_letter_once_and_its_order_stays()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.IngestAsync(0, ("a", 1), ("b", 1));
        var limit = ingest.Limits.MaxValueBytes;
        ingest.Limits.MaxValueBytes = 64;

        Assert.Equal(new OutcomeCounts { Dead = 2 }, await ingest.ReprocessAsync(0));
        Assert.Equal(new OutcomeCounts { Dead = 2 }, await ingest.ReprocessAsync(0, forced: true));

        Assert.Equal(["0 dead", "1 dead"], await ingest.LinesAsync(Letters));
        Assert.Equal(["1 reprocess dead", "1 reprocess dead"], await ingest.LinesAsync("SELECT number, kind, outcome FROM dead_letter_attempt"));
        Assert.Equal(["a 1", "b 1"], await ingest.LinesAsync(Orders));
        ingest.Limits.MaxValueBytes = limit;
        var replay = await ingest.Replay.ReplayAsync(
            await ingest.QueryAsync<long>("SELECT min(id) FROM dead_letter"), "op", TestContext.Current.CancellationToken);
        Assert.Equal((ReplayStatus.Resolved, "duplicate"), (replay.Status, replay.Outcome));
    }

    [Fact]
    public async Task A_job_that_was_ended_or_whose_log_is_another_one_writes_nothing()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.IngestAsync(0, ("a", 1), ("b", 1));

        await Assert.ThrowsAsync<ReprocessEndedException>(() => ingest.ReprocessAsync(0, forced: true, cancelled: true));
        await ingest.ExecuteAsync("UPDATE watermark SET epoch = 2, position = 0");
        await Assert.ThrowsAsync<ReprocessEndedException>(() => ingest.ReprocessAsync(0, forced: true));

        Assert.Equal(["a 1", "b 1"], await ingest.LinesAsync(Orders));
        Assert.Equal(2, await ingest.QueryAsync<long>("SELECT count(*) FROM outbox_event"));
        Assert.Equal(["cancelled 0", "done 0"], await ingest.LinesAsync(
            "SELECT state, position FROM reprocess JOIN reprocess_range ON reprocess_id = id ORDER BY id"));
    }
}
