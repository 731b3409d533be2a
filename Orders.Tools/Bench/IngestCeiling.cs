using System.Security.Cryptography;
using Npgsql;
using Orders.Contracts;
using Orders.Tools.Up;

namespace Orders.Tools.Bench;

/// <summary>
/// Postgres alone: what one transaction of ingest writes, with everything that can be made beforehand made beforehand, into tables of
/// their own in the same cluster. The round trips of a transaction are the service's.
/// </summary>
internal sealed class IngestCeiling(NpgsqlDataSource database)
{
    private const string Schema = "ceiling";
    private const string Group = "bench";
    private const int OrdersPerTransaction = 500;
    private const int Connections = 4;

    private static readonly int[] Epoch = [1];
    private static readonly long[] None = [0];
    private static readonly string LockWatermarksSql = BenchOrders.Sql("CeilingLockWatermarks.sql");
    private static readonly string LockOrdersSql = BenchOrders.Sql("CeilingLockOrders.sql");
    private static readonly string CopyOrdersSql = BenchOrders.Sql("CeilingCopyOrders.sql");
    private static readonly string CopyEventsSql = BenchOrders.Sql("CeilingCopyEvents.sql");
    private static readonly string AccountRangesSql = BenchOrders.Sql("CeilingAccountRanges.sql");

    /// <summary>Orders per second.</summary>
    public static async Task<double> MeasureAsync(BusContext bus, BenchSystem system, BenchOrder[] orders, CancellationToken cancellationToken)
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

        var batches = Enumerable.Range(0, Connections).Select(partition => Batches(orders, partition).ToList()).ToList();
        await system.CheckpointAsync(cancellationToken);
        var ceiling = new IngestCeiling(database);
        var start = bus.Time.GetTimestamp();
        await AllOrNothing.RunAsync(
            [.. batches.Select<List<Batch>, Func<CancellationToken, Task>>(own => token => Task.Run(() => ceiling.FeedAsync(own, token), token))],
            cancellationToken);
        return orders.Length / bus.Time.GetElapsedTime(start).TotalSeconds;
    }

    private static IEnumerable<Batch> Batches(BenchOrder[] orders, int partition)
    {
        var offset = 0L;
        foreach (var chunk in orders.Where((_, number) => number % Connections == partition).Chunk(OrdersPerTransaction))
        {
            yield return new Batch(partition, offset, [.. chunk.OrderBy(order => order.Uid, StringComparer.Ordinal)]);
            offset += chunk.Length;
        }
    }

    private async Task FeedAsync(List<Batch> batches, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var batch in batches)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var read = new NpgsqlBatch(connection, transaction))
            {
                Add(read, LockWatermarksSql, Whose(batch));
                Add(read, LockOrdersSql, One(batch.Uids));
                await using var reader = await read.ExecuteReaderAsync(cancellationToken);
                while (await reader.NextResultAsync(cancellationToken))
                {
                }
            }

            await CopyAsync(connection, CopyOrdersSql, batch.Orders, cancellationToken);
            await CopyAsync(connection, CopyEventsSql, batch.Events, cancellationToken);
            await using (var write = new NpgsqlBatch(connection, transaction))
            {
                Add(write, AccountRangesSql, [.. Whose(batch), .. RangeOf(batch)]);
                await write.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string sql, byte[] rows, CancellationToken cancellationToken)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellationToken);
        await stream.WriteAsync(rows, cancellationToken);
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
        One(Epoch), One(new[] { batch.First }), One(new[] { batch.Next }), One(new[] { batch.Next - 1 }), One(new[] { Batch.RecordTime }),
        One(new[] { batch.LastHash }), One(new[] { batch.Next - batch.First }), .. Enumerable.Range(0, 9).Select(_ => One(None)),
    ];

    private static NpgsqlParameter One(object value) => new() { Value = value };

    /// <summary>A transaction's rows, in the binary format of <c>COPY</c>, and what else it writes.</summary>
    private sealed class Batch(int partition, long first, BenchOrder[] orders)
    {
        // Any time will do; rows of equal width cost the same.
        public const long RecordTime = 1_700_000_000_000;

        public int Partition => partition;

        public long First => first;

        public long Next => first + orders.Length;

        public string[] Uids { get; } = Array.ConvertAll(orders, order => order.Uid);

        public byte[] LastHash { get; } = SHA256.HashData(orders[^1].Content);

        public byte[] Orders { get; } = CopyFormat.Rows(orders, (writer, order, index) => writer
            .Row(8).Text(order.Uid).Bigint(1).Bytea(order.Content).Bytea(SHA256.HashData(order.Content))
            .Int(1).Int(partition).Bigint(first + index).Bigint(RecordTime));

        public byte[] Events { get; } = CopyFormat.Rows(orders, (writer, order, _) => writer
            .Row(6).Smallint(BenchLane.Of(order.Uid)).Text(order.Uid).Bigint(1).Text(OrderEventTypes.Created).Bytea(order.Content).Null());
    }
}

/// <summary>The lane an event is stored with: FNV-1a of 32 bits over the key's UTF-16 code units, low byte first.</summary>
internal static class BenchLane
{
    private const uint Lanes = 8;

    public static short Of(string key)
    {
        var hash = 2166136261u;
        foreach (var c in key)
        {
            hash = (hash ^ (byte)c) * 16777619u;
            hash = (hash ^ (byte)(c >> 8)) * 16777619u;
        }

        return (short)(hash % Lanes);
    }
}
