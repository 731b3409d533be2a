using Npgsql;
using Orders.Gateway.Reading;
using Orders.Tests.Servers;

namespace Orders.Tests.Gateway;

/// <summary>Postgres ended the sessions that the gateway keeps, and is there again: no reader is told that orders cannot be read.</summary>
[Trait("Category", "system")]
public sealed class EndedSessionsTests(SharedPostgres postgres)
{
    private const int Sessions = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_over_a_session_that_was_ended_is_asked_again_over_a_new_one()
    {
        var connectionString = await postgres.CreateDatabaseAsync(Token);
        await using var kept = NpgsqlDataSource.Create(connectionString);
        await ExecuteAsync(kept, "CREATE VIEW order_view AS SELECT 'a'::text AS order_uid, 7::bigint AS version, 'content'::bytea AS content");
        await KeepSessionsAsync(kept);
        var ended = await EndOthersAsync(connectionString);
        Assert.Equal(Sessions, ended);

        var view = new OrderView(kept);
        for (var read = 0; read < Sessions; read++)
        {
            Assert.Equal(7, (await view.ReadAsync("a", Token)).Version);
        }
    }

    [Fact]
    public async Task A_database_that_is_gone_is_told_at_the_first_question()
    {
        await using var server = await PostgresServer.StartAsync(Token);
        await using var kept = NpgsqlDataSource.Create(server.ConnectionString());
        await KeepSessionsAsync(kept);
        await server.StopAsync(Token);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new OrderView(kept).ReadAsync("a", Token));
    }

    /// <summary>Opens them side by side and gives them back.</summary>
    private static async Task KeepSessionsAsync(NpgsqlDataSource source)
    {
        var connections = new List<NpgsqlConnection>();
        for (var session = 0; session < Sessions; session++)
        {
            connections.Add(await source.OpenConnectionAsync(Token));
        }

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task<long> EndOthersAsync(string connectionString)
    {
        await using var other = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var command = other.CreateCommand(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
