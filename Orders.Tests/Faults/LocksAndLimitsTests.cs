using Npgsql;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F19: somebody else locks what ingest needs, two writers wait for each other, and no session is left.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class LocksAndLimitsTests(FaultSystem system)
{
    [Fact]
    public async Task A_locked_table_is_waited_for()
    {
        await using var postgres = new PostgresFaults(system);
        NpgsqlTransaction? other = null;
        await new Outage(system).RunAsync(
            begin: async () =>
            {
                other = await postgres.BeginAsync();
                await using var locking = new NpgsqlCommand("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", other.Connection, other);
                await locking.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            },

            // Longer than a statement of the service waits for a lock, which is 10 s.
            during: load => load.LastsAsync(FaultLength.Seconds(12, 60)),
            end: () => EndAsync(other),
            isSeen: false);
    }

    [Fact]
    public async Task Of_two_writers_that_wait_for_each_other_ingest_gives_way_and_comes_again()
    {
        await system.ReadyAsync();
        await using var postgres = new PostgresFaults(system);
        var blamed = await system.DeadLettersAsync();
        var times = FaultLength.Of(2, 20);
        var before = await DeadlocksAsync(postgres);
        var lost = 0;
        for (var meeting = 1; lost < times; meeting++)
        {
            Assert.InRange(meeting, 1, 3 * times);
            lost += await LosesAsync(postgres, $"met-{meeting}") ? 1 : 0;
        }

        Assert.Equal(blamed, await system.DeadLettersAsync());
        await Eventually.SeeAsync(() => DeadlocksAsync(postgres), deadlocks => deadlocks >= before + times);
        await system.VerifiedAsync($"{times} deadlocks (40P01), each lost by ingest", "0 dead letters");
    }

    [Fact]
    public async Task A_service_that_gets_no_session_waits_for_one()
    {
        await using var postgres = new PostgresFaults(system);
        await new Outage(system).RunAsync(
            begin: async () =>
            {
                await postgres.LimitSessionsAsync(0);
                await postgres.EndSessionsAsync();
            },
            during: load => load.LastsAsync(FaultLength.Seconds(3, 30)),
            end: () => postgres.LimitSessionsAsync(null));
    }

    /// <summary>
    /// Ingest holds the watermark and wants the order; the other holds the order and then wants the watermark. Who waits longest loses: ingest, unless
    /// the other was slow.
    /// </summary>
    private async Task<bool> LosesAsync(PostgresFaults postgres, string uid)
    {
        await system.Bus.PublishAsync(uid, SampleOrders.Of(uid));
        await system.Bus.ServesAsync(uid, SampleOrders.Of(uid));
        var other = await postgres.BeginAsync();
        await ExecuteAsync(other, $"SELECT 1 FROM orders WHERE order_uid = '{uid}' FOR UPDATE");
        await system.Bus.PublishAsync(uid, SampleOrders.Of(uid, edition: 2));
        await Eventually.SeeAsync(
            () => postgres.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE usename = 'busorders_service' AND wait_event_type = 'Lock'"),
            waiting => waiting > 0);
        var isLost = true;
        try
        {
            await ExecuteAsync(other, "SELECT 1 FROM watermark WHERE topic = 'orders' FOR UPDATE");
        }
        catch (PostgresException deadlock) when (deadlock.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            isLost = false;
        }

        await EndAsync(other);
        await system.Bus.ServesAsync(uid, SampleOrders.Of(uid, edition: 2));
        return isLost;
    }

    private static Task<long> DeadlocksAsync(PostgresFaults postgres) => postgres.QueryAsync(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string sql)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task EndAsync(NpgsqlTransaction? transaction)
    {
        if (transaction is not null)
        {
            var connection = transaction.Connection!;
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
