using Bus.Storage.Inbox;
using Npgsql;
using Orders.Tests.Failures;
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
            batch.BatchCommands.Add(Inbox.Account(Group, Topic, new InboxRange(0, 1, 0, 10, new OutcomeCounts { Absent = 10 }, Last: null)));
            await batch.ExecuteNonQueryAsync(token);
        }

        var loaded = await Inbox.LoadAsync(database, Group, Topic, new Dictionary<int, long> { [0] = 0, [1] = 7 }, token).WaitAsync(Patience, token);

        Assert.Equal([(0, 0L), (1, 7L)], loaded.OrderBy(one => one.Key).Select(one => (one.Key, one.Value.Position)));
    }

    [Fact]
    public async Task What_was_recognised_is_noted_beside_a_watermark_that_somebody_holds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.StartPartitionAsync(0);
        await ingest.StartPartitionAsync(1);
        await using var frozen = await ingest.Database.OpenConnectionAsync(token);
        await using var transaction = await frozen.BeginTransactionAsync(token);
        await ExecuteAsync(frozen, "SELECT 1 FROM watermark WHERE partition = 0 FOR UPDATE", token);

        var last = new InboxRecord(7, 1_700_000_000_000, [1]);
        await Inbox.RecogniseAsync(ingest.Database, "g", Topic, [(0, 1, last), (1, 1, last)], token).WaitAsync(Patience, token);

        Assert.Equal(["0 -", "1 7"], await ingest.LinesAsync("SELECT partition, known_offset FROM watermark ORDER BY 1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_that_waited_for_its_lock_in_vain_ends_the_frozen_session_and_no_other(bool amidCopy)
    {
        var token = TestContext.Current.CancellationToken;
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.StalledAfter = TimeSpan.FromSeconds(1));
        await ingest.StartPartitionAsync(0);
        await using var frozen = await ingest.Database.OpenConnectionAsync(token);
        await FreezeAsync(frozen, amidCopy, token);
        await using var idle = await ingest.Database.OpenConnectionAsync(token);
        await using var batch = await ingest.Database.OpenConnectionAsync(token);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ingest.ThroughTakeoverAsync(() => MoveAsync(batch, token)));
        await MoveAsync(batch, token).WaitAsync(Patience, token);

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        await ExecuteAsync(idle, "SELECT 1", token);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(frozen, "SELECT 1", token));
    }

    /// <summary>A transaction that has the watermark and whose client falls silent: between two statements, or with a row sent in part.</summary>
    private static async Task FreezeAsync(NpgsqlConnection frozen, bool amidCopy, CancellationToken token)
    {
        await frozen.BeginTransactionAsync(token);
        await ExecuteAsync(frozen, "UPDATE watermark SET position = 1", token);
        if (amidCopy)
        {
            var copy = await frozen.BeginRawBinaryCopyAsync("COPY inbox (first_offset) FROM STDIN (FORMAT BINARY)", token);
            await copy.WriteAsync(new byte[] { (byte)'P', (byte)'G' }, token);
            await copy.FlushAsync(token);
        }
    }

    /// <summary>Waits two seconds for the watermark, longer than a transaction may be silent.</summary>
    private static async Task MoveAsync(NpgsqlConnection batch, CancellationToken token)
    {
        await ExecuteAsync(batch, "SET lock_timeout = '2s'", token);
        await ExecuteAsync(batch, "UPDATE watermark SET position = 2", token);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(token);
    }
}
