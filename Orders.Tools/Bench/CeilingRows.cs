using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Orders.Contracts;

namespace Orders.Tools.Bench;

/// <summary>The orders and events of one transaction, ready to be written.</summary>
internal interface ICeilingRows
{
    /// <summary>Writes them, or adds to <paramref name="write"/> what does.</summary>
    Task WriteAsync(NpgsqlConnection connection, NpgsqlBatch write, CancellationToken cancellationToken);
}

/// <summary>Both ways to write many rows in one statement; ingest takes the first.</summary>
internal static class CeilingRows
{
    // Any time will do; rows of equal width cost the same.
    public const long RecordTime = 1_700_000_000_000;

    private const int Epoch = 1;
    private const long Version = 1;

    private static readonly string CopyOrdersSql = BenchOrders.Sql("CeilingCopyOrders.sql");
    private static readonly string CopyEventsSql = BenchOrders.Sql("CeilingCopyEvents.sql");
    private static readonly string InsertOrdersSql = BenchOrders.Sql("CeilingInsertOrders.sql");
    private static readonly string InsertEventsSql = BenchOrders.Sql("CeilingInsertEvents.sql");

    /// <summary>In the binary format of <c>COPY</c>.</summary>
    public static ICeilingRows Copied(BenchOrder[] orders, int partition, long first) => new Copy(
        CopyFormat.Rows(orders, (writer, order, index) => writer
            .Row(8).Text(order.Uid).Bigint(Version).Bytea(order.Content).Bytea(SHA256.HashData(order.Content))
            .Int(Epoch).Int(partition).Bigint(first + index).Bigint(RecordTime)),
        CopyFormat.Rows(orders, (writer, order, _) => writer
            .Row(6).Smallint(BenchLane.Of(order.Uid)).Text(order.Uid).Bigint(Version).Text(OrderEventTypes.Created).Bytea(order.Content).Null()));

    /// <summary>As arrays through <c>unnest</c>.</summary>
    public static ICeilingRows AsArrays(BenchOrder[] orders, int partition, long first)
    {
        var uids = Array.ConvertAll(orders, order => order.Uid);
        var contents = Array.ConvertAll(orders, order => order.Content);
        var versions = All(Version);
        return new Arrays(
            [
                uids, versions, contents, Array.ConvertAll(contents, SHA256.HashData), All(Epoch), All(partition),
                Array.ConvertAll(Enumerable.Range(0, orders.Length).ToArray(), index => first + index), All(RecordTime),
            ],
            [Array.ConvertAll(uids, BenchLane.Of), uids, versions, All(OrderEventTypes.Created), contents, new string?[orders.Length]]);

        T[] All<T>(T value)
        {
            var all = new T[orders.Length];
            Array.Fill(all, value);
            return all;
        }
    }

    private sealed record Copy(byte[] Orders, byte[] Events) : ICeilingRows
    {
        public async Task WriteAsync(NpgsqlConnection connection, NpgsqlBatch write, CancellationToken cancellationToken)
        {
            await SendAsync(connection, CopyOrdersSql, Orders, cancellationToken);
            await SendAsync(connection, CopyEventsSql, Events, cancellationToken);
        }

        private static async Task SendAsync(NpgsqlConnection connection, string sql, byte[] rows, CancellationToken cancellationToken)
        {
            await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellationToken);
            await stream.WriteAsync(rows, cancellationToken);
        }
    }

    private sealed record Arrays(object[] Orders, object[] Events) : ICeilingRows
    {
        public Task WriteAsync(NpgsqlConnection connection, NpgsqlBatch write, CancellationToken cancellationToken)
        {
            write.BatchCommands.Add(Command(InsertOrdersSql, Orders));
            write.BatchCommands.Add(Command(InsertEventsSql, Events));
            return Task.CompletedTask;
        }

        private static NpgsqlBatchCommand Command(string sql, object[] columns)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var column in columns)
            {
                // An array of arrays does not tell its type by itself.
                command.Parameters.Add(
                    column is byte[][] ? new() { Value = column, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea } : new() { Value = column });
            }

            return command;
        }
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
