using Bus.Storage.Inbox;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Faults;

/// <summary>An owner of a partition freezes within its transaction. Whoever takes over learns where to start without waiting for it.</summary>
[Trait("Category", "system")]
public sealed class FrozenOwnerTests(SharedPostgres postgres)
{
    private const string Group = "orders-service";
    private const string Topic = "orders";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Watermarks_are_loaded_beside_one_that_is_just_being_moved()
    {
        var token = TestContext.Current.CancellationToken;
        var connectionString = await postgres.CreateDatabaseAsync(token);
        await HostProcess.MigrateAsync(connectionString);
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "orders" }.ConnectionString);
        await Inbox.LoadAsync(database, Group, Topic, new Dictionary<int, long> { [0] = 0 }, token);

        await using var frozen = await database.OpenConnectionAsync(token);
        await using var transaction = await frozen.BeginTransactionAsync(token);
        await using (var batch = new NpgsqlBatch(frozen, transaction))
        {
            foreach (var command in Inbox.Account(new InboxPartition(Group, Topic, 0), 1, 0, 10, new OutcomeCounts { Absent = 10 }, last: null))
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(token);
        }

        var loaded = await Inbox.LoadAsync(database, Group, Topic, new Dictionary<int, long> { [0] = 0, [1] = 7 }, token).WaitAsync(Patience, token);

        Assert.Equal([(0, 0L), (1, 7L)], loaded.OrderBy(one => one.Key).Select(one => (one.Key, one.Value.Position)));
    }
}
