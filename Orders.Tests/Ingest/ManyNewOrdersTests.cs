using Bus.Storage;
using Npgsql;
using Orders.Service.Storage;
using Orders.Tests.Servers;

namespace Orders.Tests.Ingest;

/// <summary>Few rows are sent as arrays and many are copied in: nothing but the speed may tell which.</summary>
[Trait("Category", "system")]
public sealed class ManyNewOrdersTests(SharedPostgres postgres)
{
    private const string Columns = "version, record_offset, record_time, epoch, partition, content_hash, content";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Copied_rows_are_the_rows_that_arrays_insert()
    {
        await using var database = await InstallAsync();
        await using var connection = await database.OpenConnectionAsync(Cancellation);
        var few = Rows("few", CopyRows.Worthwhile - 1);
        var many = Rows("many", CopyRows.Worthwhile);
        await WriteAsync(connection, few);
        await WriteAsync(connection, many);

        await using var differences = new NpgsqlCommand(
            $"""
            SELECT count(*) FILTER (WHERE few IS DISTINCT FROM many), count(*)
            FROM (SELECT substr(order_uid, 5) AS number, ROW({Columns}) AS few FROM orders WHERE order_uid LIKE 'few-%') AS inserted
            JOIN (SELECT substr(order_uid, 6) AS number, ROW({Columns}) AS many FROM orders WHERE order_uid LIKE 'many-%') AS copied USING (number)
            """,
            connection);
        await using var row = await differences.ExecuteReaderAsync(Cancellation);
        await row.ReadAsync(Cancellation);
        Assert.Equal((0L, CopyRows.Worthwhile - 1L), (row.GetInt64(0), row.GetInt64(1)));
    }

    [Theory]
    [InlineData(CopyRows.Worthwhile - 1)]
    [InlineData(CopyRows.Worthwhile)]
    public async Task An_order_that_another_transaction_stored_first_is_a_conflict_and_nothing_is_kept(int count)
    {
        await using var database = await InstallAsync();
        await using (var other = await database.OpenConnectionAsync(Cancellation))
        {
            await WriteAsync(other, Rows("o", 1));
        }

        await using var connection = await database.OpenConnectionAsync(Cancellation);
        await Assert.ThrowsAsync<OrderConflictException>(() => WriteAsync(connection, Rows("o", count)));
        await using var question = database.CreateCommand("SELECT count(*) FROM orders");
        Assert.Equal(1L, await question.ExecuteScalarAsync(Cancellation));
    }

    private async Task<NpgsqlDataSource> InstallAsync()
    {
        var connection = await postgres.CreateDatabaseAsync(Cancellation);
        await HostProcess.MigrateAsync(connection);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { SearchPath = "orders" }.ConnectionString);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, IEnumerable<OrderRow> rows)
    {
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        var writes = OrderStore.Write(rows);
        await writes.CopyAsync(connection, Cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var command in writes.Commands)
        {
            batch.BatchCommands.Add(command);
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(Cancellation);
        }

        writes.EnsureComplete();
        await transaction.CommitAsync(Cancellation);
    }

    /// <summary>Every third is a removal of an order nobody has seen, which has no content.</summary>
    private static List<OrderRow> Rows(string prefix, int count) => [.. Enumerable.Range(0, count).Select(number => new OrderRow
    {
        Uid = $"{prefix}-{number}",
        Base = OrderRow.None,
        Version = number,
        Content = number % 3 == 0 ? null : SampleContent(number),
        ContentHash = number % 3 == 0 ? null : [1, 2, (byte)number],
        Position = new RecordPosition(1, 2, long.MaxValue - number),
        Time = number,
        IsTouched = true,
    })];

    private static byte[] SampleContent(int number) => [.. Enumerable.Repeat((byte)number, number * 100)];
}
