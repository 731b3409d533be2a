using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Starting;

/// <summary>Two installations of one Postgres cluster are migrated at the same moment: what they share are the roles.</summary>
[Trait("Category", "system")]
public sealed class MigrationRaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SELECT 1", "CREATE ROLE busorders_service LOGIN")]
    [InlineData("CREATE ROLE busorders_service LOGIN", "ALTER ROLE busorders_service SET statement_timeout = '1s'")]
    [InlineData(
        "CREATE ROLE busorders_service LOGIN; ALTER ROLE busorders_service SET statement_timeout = '1s'",
        "ALTER ROLE busorders_service SET statement_timeout = '2s'")]
    public async Task A_migration_goes_on_after_another_one_made_or_set_the_same_role(string before, string meanwhile)
    {
        await using var server = await PostgresServer.StartAsync(Token);
        var database = await server.CreateDatabaseAsync("migrated", Token);
        await using var other = NpgsqlDataSource.Create(server.ConnectionString());
        await using var connection = await other.OpenConnectionAsync(Token);
        await ExecuteAsync(connection, before);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, meanwhile);
        var migration = HostProcess.MigrateAsync(database);
        await Eventually.SeeAsync(() => WaitingAsync(other), waiting => waiting == 1);
        await transaction.CommitAsync(Token);
        await migration;

        Assert.Equal("30s", await StatementTimeoutAsync(server));
    }

    private static async Task<long> WaitingAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = 'migrated' AND wait_event_type = 'Lock'");
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<string?> StatementTimeoutAsync(PostgresServer server)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString("migrated", "busorders_service"));
        await using var command = source.CreateCommand("SHOW statement_timeout");
        return (string?)await command.ExecuteScalarAsync(Token);
    }
}
