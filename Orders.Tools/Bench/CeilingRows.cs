using System.Globalization;
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
    private static readonly string[] InsertEventsSql = [.. Enumerable.Range(1, BenchLane.Count).Select(InsertEvents)];

    /// <summary>In the binary format of <c>COPY</c>.</summary>
    public static ICeilingRows Copied(BenchOrder[] orders, int partition, long first) => new Copy(
        CopyFormat.Rows(orders, (writer, order, index) => writer
            .Row(8).Text(order.Uid).Bigint(Version).Bytea(order.Content).Bytea(SHA256.HashData(order.Content))
            .Int(Epoch).Int(partition).Bigint(first + index).Bigint(RecordTime)),
        Events(orders));

    /// <summary>Writes the events of orders that are written together.</summary>
    public static Task CopyEventsAsync(NpgsqlConnection connection, BenchOrder[] orders, CancellationToken cancellationToken) =>
        SendAsync(connection, CopyEventsSql, Events(orders), cancellationToken);

    /// <summary>As arrays: orders through <c>unnest</c>, events as the arrays they are stored as.</summary>
    public static ICeilingRows AsArrays(BenchOrder[] orders, int partition, long first)
    {
        var uids = Array.ConvertAll(orders, order => order.Uid);
        var contents = Array.ConvertAll(orders, order => order.Content);
        var (versions, types) = (All(Version), All(OrderEventTypes.Created));
        return new Arrays(
            [
                uids, versions, contents, Array.ConvertAll(contents, SHA256.HashData), All(Epoch), All(partition),
                Array.ConvertAll(Enumerable.Range(0, orders.Length).ToArray(), index => first + index), All(RecordTime),
            ],
            [.. BenchLane.Rows(orders).Select(row => (object[])
                [
                    row.Orders.Length, row.Bytes, row.Lane, Array.ConvertAll(row.Orders, order => order.Uid), versions[..row.Orders.Length],
                    types[..row.Orders.Length], Array.ConvertAll(row.Orders, order => order.Content), new string?[row.Orders.Length],
                ])]);

        T[] All<T>(T value)
        {
            var all = new T[orders.Length];
            Array.Fill(all, value);
            return all;
        }
    }

    /// <summary>The statement for so many rows.</summary>
    internal static string InsertEvents(int rows) => BenchOrders.Sql("CeilingInsertEvents.sql").TrimEnd('\n', ';') + string.Concat(
        Enumerable.Range(1, rows - 1).Select(row =>
            $", ({string.Join(", ", Enumerable.Range(1 + (row * 8), 8).Select(number => string.Create(CultureInfo.InvariantCulture, $"${number}")))})"));

    private static byte[] Events(BenchOrder[] orders) => CopyFormat.Rows([.. BenchLane.Rows(orders)], (writer, row, _) => writer
        .Row(8).Int(row.Orders.Length).Int(row.Bytes).Smallint(row.Lane)
        .Array(CopyFormat.TextType, row.Orders, order => writer.Text(order.Uid))
        .Array(CopyFormat.BigintType, row.Orders, _ => writer.Bigint(Version))
        .Array(CopyFormat.TextType, row.Orders, _ => writer.Text(OrderEventTypes.Created))
        .Array(CopyFormat.ByteaType, row.Orders, order => writer.Bytea(order.Content))
        .Array(CopyFormat.TextType, row.Orders, _ => writer.Null()));

    private static async Task SendAsync(NpgsqlConnection connection, string sql, byte[] rows, CancellationToken cancellationToken)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellationToken);
        await stream.WriteAsync(rows, cancellationToken);
    }

    private sealed record Copy(byte[] Orders, byte[] Events) : ICeilingRows
    {
        public async Task WriteAsync(NpgsqlConnection connection, NpgsqlBatch write, CancellationToken cancellationToken)
        {
            await SendAsync(connection, CopyOrdersSql, Orders, cancellationToken);
            await SendAsync(connection, CopyEventsSql, Events, cancellationToken);
        }
    }

    private sealed record Arrays(object[] Orders, object[][] Events) : ICeilingRows
    {
        public Task WriteAsync(NpgsqlConnection connection, NpgsqlBatch write, CancellationToken cancellationToken)
        {
            write.BatchCommands.Add(Command(InsertOrdersSql, Orders));
            write.BatchCommands.Add(Command(InsertEventsSql[Events.Length - 1], [.. Events.SelectMany(row => row)]));
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
