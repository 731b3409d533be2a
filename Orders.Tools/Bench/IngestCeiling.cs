using System.Security.Cryptography;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Up;

namespace Orders.Tools.Bench;

/// <summary>
/// Postgres alone: what one transaction of ingest writes, with everything that can be made beforehand made beforehand, into tables of
/// their own in the same cluster.
/// </summary>
internal static class IngestCeiling
{
    private const string Schema = "ceiling";
    private const string Group = "bench";
    private const int Connections = 4;

    private const int Epoch = 1;
    private static readonly string LockWatermarksSql = BenchOrders.Sql("CeilingLockWatermarks.sql");
    private static readonly string IsAnyParkedSql = BenchOrders.Sql("CeilingIsAnyParked.sql");
    private static readonly string AccountRangeSql = BenchOrders.Sql("CeilingAccountRange.sql");

    /// <summary>
    /// Orders per second. What was written is dropped again; its memory and its log files are there for whatever is measured next, as in a cluster
    /// that has run for a while.
    /// </summary>
    public static async Task<double> MeasureAsync(
        BusContext bus, BenchSystem system, BenchOrder[] orders, Func<BenchOrder[], int, long, ICeilingRows> rows, CancellationToken cancellationToken)
    {
        await system.MigrateAsync(Schema, cancellationToken);
        var settings = new NpgsqlConnectionStringBuilder(system.Connections.Owner) { SearchPath = Schema, MaxAutoPrepare = 40, AutoPrepareMinUsages = 2 };
        await using var database = NpgsqlDataSource.Create(settings);
        await using (var command = database.CreateCommand(
            "INSERT INTO watermark (group_id, topic, partition, epoch, position) SELECT $1, $2, p, 1, 0 FROM generate_series(0, $3) AS p"))
        {
            command.Parameters.Add(One(Group));
            command.Parameters.Add(One(Topics.Orders));
            command.Parameters.Add(new() { Value = Connections - 1 });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var batches = Enumerable.Range(0, Connections).Select(partition => Batches(orders, partition, rows).ToList()).ToList();
        await system.CheckpointAsync(cancellationToken);
        var seconds = await FeedAsync(bus, database, batches, cancellationToken);
        await using var drop = database.CreateCommand($"DROP SCHEMA {Schema} CASCADE");
        await drop.ExecuteNonQueryAsync(cancellationToken);
        return orders.Length / seconds;
    }

    private static IEnumerable<Batch> Batches(BenchOrder[] orders, int partition, Func<BenchOrder[], int, long, ICeilingRows> rows)
    {
        var offset = 0L;
        foreach (var chunk in orders.Where((_, number) => number % Connections == partition).Chunk(BenchOrders.PerTransaction))
        {
            BenchOrder[] sorted = [.. chunk.OrderBy(order => order.Uid, StringComparer.Ordinal)];
            yield return new Batch(
                partition, offset, offset + chunk.Length, SHA256.HashData(sorted[^1].Content), rows(sorted, partition, offset));
            offset += chunk.Length;
        }
    }

    /// <summary>Each list over a connection of its own, opened beforehand; returns seconds.</summary>
    private static async Task<double> FeedAsync(BusContext bus, NpgsqlDataSource database, List<List<Batch>> batches, CancellationToken cancellationToken)
    {
        var connections = new List<NpgsqlConnection>();
        try
        {
            foreach (var _ in batches)
            {
                connections.Add(await database.OpenConnectionAsync(cancellationToken));
            }

            var start = bus.Time.GetTimestamp();
            await AllOrNothing.RunAsync(
                [.. connections.Zip<NpgsqlConnection, List<Batch>, Func<CancellationToken, Task>>(
                    batches, (connection, own) => token => Task.Run(() => FeedAsync(connection, own, token), token))],
                cancellationToken);
            return bus.Time.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
        }
    }

    private static async Task FeedAsync(NpgsqlConnection connection, List<Batch> batches, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var read = new NpgsqlBatch(connection, transaction))
            {
                Add(read, LockWatermarksSql, Whose(batch));
                Add(read, IsAnyParkedSql);
                await using var reader = await read.ExecuteReaderAsync(cancellationToken);
                while (await reader.NextResultAsync(cancellationToken))
                {
                }
            }

            await using (var write = new NpgsqlBatch(connection, transaction))
            {
                Add(write, AccountRangeSql, RangeOf(batch));
                await batch.Rows.WriteAsync(connection, write, cancellationToken);
                await write.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter[] Whose(Batch batch) => [One(Group), One(Topics.Orders), One(new[] { batch.Partition })];

    private static NpgsqlParameter[] RangeOf(Batch batch) =>
    [
        One(Group), One(Topics.Orders), One(batch.Partition), One(Epoch), One(batch.First), One(batch.Next), One(batch.Next - 1),
        One(CeilingRows.RecordTime), One(batch.LastHash), One(batch.Next - batch.First), .. Enumerable.Range(0, 9).Select(_ => One(0L)),
    ];

    private static NpgsqlParameter One(object value) => new() { Value = value };

    /// <summary>A transaction.</summary>
    private sealed record Batch(int Partition, long First, long Next, byte[] LastHash, ICeilingRows Rows);
}
