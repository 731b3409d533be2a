using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Gateway;

/// <summary>Postgres sorts for longer than a read of one order may take before it gives the first of those the cache is primed with.</summary>
[Trait("Category", "system")]
public sealed class SlowPrimingTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Priming_waits_for_its_first_row_longer_than_a_reader_would()
    {
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        await using (var owner = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { SearchPath = "orders" }))
        await using (var slow = owner.CreateCommand("""
            INSERT INTO orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time) VALUES ('a', 1, '{}', '', 1, 0, 0, 0);
            CREATE OR REPLACE VIEW order_view AS
            SELECT order_uid, version, content, updated_at FROM orders WHERE pg_sleep(3) IS NOT NULL;
            """))
        {
            await slow.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using var kafka = new EmbeddedKafkaServer();
        await using var gateway = HostProcess.StartGateway(
            new NpgsqlConnectionStringBuilder(database) { CommandTimeout = 1 }.ConnectionString, kafka.Servers);

        await Eventually.SeeAsync(gateway.ReadyAsync, status => status == 200);
    }
}
