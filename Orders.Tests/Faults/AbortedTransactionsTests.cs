using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F14: a transactional producer aborts every second transaction. What was aborted is never read.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class AbortedTransactionsTests(FaultSystem system)
{
    private const int RecordsEach = 10;

    [Fact]
    public async Task Aborted_records_are_not_stored_and_the_offsets_they_took_are_counted_absent()
    {
        await system.ReadyAsync();
        using var topic = new OrdersTopic(system.Bus);
        var absent = await AbsentAsync();
        var transactions = FaultLength.Of(40, 1_000);
        await using var load = system.Load(OrderLoad.Usual);
        await Task.Run(() => topic.PutInTransactions("kept", transactions, RecordsEach), TestContext.Current.CancellationToken);
        await load.LastsAsync(FaultLength.Seconds(1, 10));
        await load.StopAsync();
        await system.CaughtUpAsync();

        Assert.Equal(
            transactions / 2 * RecordsEach, await system.Bus.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'kept-%'"));
        Assert.Equal(0, await system.Bus.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid ~ '^kept-[0-9]*[13579]-'"));

        // Besides the aborted records each transaction leaves one marker in each partition it wrote to: here, one.
        Assert.Equal(absent + transactions + (transactions / 2 * RecordsEach), await AbsentAsync());
        await system.VerifiedAsync($"{transactions} transactions, half of them aborted", $"{transactions / 2 * RecordsEach} aborted records, 0 stored");
    }

    private Task<long> AbsentAsync() => system.Bus.QueryAsync<long>("SELECT coalesce(sum(absent), 0)::bigint FROM inbox");
}
