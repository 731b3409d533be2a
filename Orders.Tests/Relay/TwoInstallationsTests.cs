using Bus.Storage.Outbox;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>Two installations in two schemas of one database each have a relay; two instances of one installation share one.</summary>
public sealed class TwoInstallationsTests(SharedPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "system")]
    public async Task A_relay_does_not_wait_for_the_relay_of_another_schema()
    {
        var connection = await postgres.CreateDatabaseAsync(Cancellation);
        await using var first = await InstallAsync(connection, "first");
        await using var second = await InstallAsync(connection, "second");
        var (toFirst, toSecond) = (new CollectingTarget(), new CollectingTarget());
        using var ofFirst = RelayUnderTest.Of(first, toFirst);
        using var ofSecond = RelayUnderTest.Of(second, toSecond);

        await ofFirst.StartAsync(Cancellation);
        await Eventually.SeeAsync(() => Task.FromResult(toFirst.Sent.Count), count => count == 1);
        await ofSecond.StartAsync(Cancellation);
        await Eventually.SeeAsync(() => Task.FromResult(toSecond.Sent.Count), count => count == 1);

        await ofFirst.StopAsync(Cancellation);
        await ofSecond.StopAsync(Cancellation);
        Assert.Equal(["first", "second"], toFirst.Sent.Concat(toSecond.Sent).Select(e => e.Key));
    }

    private static async Task<NpgsqlDataSource> InstallAsync(string connection, string schema)
    {
        var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { SearchPath = schema }.ConnectionString);
        await using (var create = database.CreateCommand($"CREATE SCHEMA {schema};{RelayUnderTest.Schema}"))
        {
            await create.ExecuteNonQueryAsync(Cancellation);
        }

        await using var write = database.CreateBatch();
        write.BatchCommands.Add(Outbox.Append([new NewEvent(schema, 1, "created", [1], null)]).Single());

        await write.ExecuteNonQueryAsync(Cancellation);
        return database;
    }
}
