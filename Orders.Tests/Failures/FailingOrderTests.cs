using Npgsql;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Failures;

/// <summary>The service as a process, with Kafka: one record makes a step of the application fail until somebody mends it.</summary>
[Trait("Category", "system")]
public sealed class FailingOrderTests(SharedPostgres postgres)
{
    private const int Later = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_later_records_follow_in_order_once_the_cause_is_mended_others_never_wait_and_a_pause_holds_the_rest()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await HostProcess.MigrateAsync(database);
        await ExecuteAsync(database, """
            CREATE FUNCTION orders.broken() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.order_uid = 'bad' THEN RAISE EXCEPTION 'a step is broken'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON orders.orders FOR EACH ROW EXECUTE FUNCTION orders.broken();
            """);
        using var kafka = new EmbeddedKafkaServer();
        await kafka.PublishAsync(Enumerable.Range(1, Later).SelectMany(i => new[]
        {
            ("bad", SampleOrders.Of("bad", i)), ($"good-{i}", SampleOrders.Of($"good-{i}")),
        }));
        await using var service = HostProcess.StartService(database, kafka.Servers);

        await Eventually.SeeAsync(() => QueryAsync(database, "SELECT count(*) FROM orders.orders"), stored => stored == Later);
        await Eventually.SeeAsync(
            () => QueryAsync(database, "SELECT count(*) FROM orders.dead_letter WHERE state IN ('redelivering', 'parked')"), kept => kept == Later);
        await Eventually.SeeAsync(service.ReadyAsync, status => status == 200);
        await ExecuteAsync(database, "DROP TRIGGER broken ON orders.orders");
        await Eventually.SeeAsync(
            () => QueryAsync(database, "SELECT count(*) FROM orders.dead_letter WHERE state = 'resolved'"), resolved => resolved == Later);

        Assert.Equal(Later, await QueryAsync(database, "SELECT version FROM orders.orders WHERE order_uid = 'bad'"));
        Assert.Equal(0, await QueryAsync(database, "SELECT count(*) FROM orders.parking"));

        using var paused = await service.Http.PostAsync(new Uri("/api/ingest/pause?reason=a+look", UriKind.Relative), content: null, Token);
        Assert.True(paused.IsSuccessStatusCode);
        await Eventually.SeeAsync(service.WhyNotReadyAsync, reasons => reasons.Contains("a look", StringComparison.Ordinal));
        await kafka.PublishAsync([("held", SampleOrders.Of("held"))]);
        using var page = await service.Http.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Contains("Ingest is paused", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(0, await QueryAsync(database, "SELECT count(*) FROM orders.orders WHERE order_uid = 'held'"));

        using var resumed = await service.Http.PostAsync(new Uri("/api/ingest/resume", UriKind.Relative), content: null, Token);
        Assert.True(resumed.IsSuccessStatusCode);
        await Eventually.SeeAsync(() => QueryAsync(database, "SELECT count(*) FROM orders.orders WHERE order_uid = 'held'"), stored => stored == 1);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<long> QueryAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }
}
