using Bus.Storage.Inbox;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>Orders remember in which life of a log they were last changed, whoever read it: a group that is new does not begin to count at one.</summary>
[Trait("Category", "system")]
public sealed class NewGroupTests(SharedPostgres postgres)
{
    private const string Topic = "orders";
    private static readonly InboxRecord Seen = new(9, 1_700_000_000_000, [1, 2, 3]);

    [Fact]
    public async Task A_new_group_counts_on_from_the_one_that_came_furthest_and_knows_the_log_by_its_record()
    {
        await using var database = await InstallAsync();
        await LoadAsync(database, "behind");
        await LoadAsync(database, "ahead");
        await Inbox.StartEpochAsync(database, new InboxPartition("ahead", Topic, 0), 1, 5, TestContext.Current.CancellationToken);
        await AccountAsync(database, "ahead", epoch: 2);

        var found = await LoadAsync(database, "new");

        Assert.Equal((2, 5L, Seen.Offset), (found.Epoch, found.Position, found.Known!.Offset));
        Assert.Equal(1, (await LoadAsync(database, "behind")).Epoch);
        var unread = await LoadAsync(database, "new", partition: 1, low: 7);
        Assert.Equal((1, 7L, null), (unread.Epoch, unread.Position, unread.Known));
    }

    [Fact]
    public async Task A_group_whose_watermark_is_gone_does_not_count_its_ranges_again()
    {
        await using var database = await InstallAsync();
        await LoadAsync(database, "group");
        await AccountAsync(database, "group", epoch: 1);
        await using (var forget = database.CreateCommand("DELETE FROM watermark"))
        {
            await forget.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var found = await LoadAsync(database, "group");

        Assert.Equal((2, 5L, null), (found.Epoch, found.Position, found.Known));
        await AccountAsync(database, "group", epoch: 2);
    }

    private async Task<NpgsqlDataSource> InstallAsync()
    {
        var connectionString = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(connectionString);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "orders" }.ConnectionString);
    }

    private static async Task<InboxWatermark> LoadAsync(NpgsqlDataSource database, string group, int partition = 0, long low = 5) =>
        (await Inbox.LoadAsync(database, group, Topic, new Dictionary<int, long> { [partition] = low }, TestContext.Current.CancellationToken))[partition];

    private static async Task AccountAsync(NpgsqlDataSource database, string group, int epoch)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Inbox.Account(group, Topic, new InboxRange(0, epoch, 5, 10, new OutcomeCounts { Stored = 5 }, Seen)));
        await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
