using Npgsql;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Ingest;

/// <summary>The database goes away under load and comes back: nothing is lost, nothing is blamed on a record.</summary>
[Trait("Category", "system")]
public sealed class PostgresOutageTests
{
    private const int Before = 300;
    private const int During = 300;

    [Fact]
    public async Task An_outage_makes_the_service_not_ready_and_costs_no_order_and_no_dead_letter()
    {
        await using var postgres = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        var database = await postgres.CreateDatabaseAsync("outage", TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        using var kafka = new EmbeddedKafkaServer();
        await using var service = HostProcess.StartService(database, kafka.Servers);
        await kafka.PublishAsync(Enumerable.Range(0, Before).Select(i => ($"o-{i}", SampleOrders.Of($"o-{i}"))));
        await Eventually.SeeAsync(() => CountAsync(database, "orders"), stored => stored == Before);
        await Eventually.SeeAsync(service.ReadyAsync, status => status == 200);

        await postgres.StopAsync(TestContext.Current.CancellationToken);
        await kafka.PublishAsync(Enumerable.Range(Before, During).Select(i => ($"o-{i}", SampleOrders.Of($"o-{i}"))));
        await Eventually.SeeAsync(service.ReadyAsync, status => status == 503);
        await postgres.StartAgainAsync(TestContext.Current.CancellationToken);

        await Eventually.SeeAsync(service.ReadyAsync, status => status == 200);
        await Eventually.SeeAsync(() => CountAsync(database, "orders"), stored => stored == Before + During);
        Assert.Equal(0, await CountAsync(database, "dead_letter"));
        Assert.Equal(Before + During, await CountAsync(database, "inbox", "sum(stored)::bigint"));
        await Eventually.SeeAsync(() => CountAsync(database, "outbox"), waiting => waiting == 0);
    }

    [Fact]
    public async Task A_service_started_without_its_database_waits_for_it()
    {
        await using var postgres = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        var database = await postgres.CreateDatabaseAsync("late", TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        using var kafka = new EmbeddedKafkaServer();
        await kafka.PublishAsync([("late-1", SampleOrders.Of("late-1"))]);
        await postgres.StopAsync(TestContext.Current.CancellationToken);

        await using var service = HostProcess.StartService(database, kafka.Servers);
        await Eventually.SeeAsync(service.ReadyAsync, status => status == 503);
        await Eventually.SeeAsync(service.WhyNotReadyAsync, reasons => reasons.Contains("cannot read", StringComparison.Ordinal));
        await postgres.StartAgainAsync(TestContext.Current.CancellationToken);

        await Eventually.SeeAsync(() => CountAsync(database, "orders"), stored => stored == 1);
        await Eventually.SeeAsync(service.ReadyAsync, status => status == 200);
    }

    private static async Task<long> CountAsync(string database, string table, string what = "count(*)")
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"SELECT {what} FROM orders.{table}", connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
