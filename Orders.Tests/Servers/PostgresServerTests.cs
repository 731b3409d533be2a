using Npgsql;

namespace Orders.Tests.Servers;

[Trait("Category", "system")]
public sealed class PostgresServerTests
{
    [Fact]
    public async Task Data_survives_a_stop_and_the_directory_goes_with_the_server()
    {
        var token = TestContext.Current.CancellationToken;
        var server = await PostgresServer.StartAsync(token);
        string directory;
        await using (server)
        {
            var database = await server.CreateDatabaseAsync("kept", token);
            await using (var source = NpgsqlDataSource.Create(database))
            {
                directory = (string)(await ScalarAsync(source, "SHOW data_directory"))!;
                await ScalarAsync(source, "CREATE TABLE kept AS SELECT 42 AS answer");
            }

            await server.StopAsync(token);
            await using (var source = NpgsqlDataSource.Create(database))
            {
                await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(source, "SELECT 1"));
            }

            await server.StartAgainAsync(token);
            await using (var source = NpgsqlDataSource.Create(database))
            {
                Assert.Equal(42, await ScalarAsync(source, "SELECT answer FROM kept"));
            }
        }

        Assert.False(Directory.Exists(directory));
        Assert.False(Directory.Exists($"/proc/{server.ProcessId}"));
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
