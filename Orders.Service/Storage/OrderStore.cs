using Bus.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Orders.Service.Storage;

/// <summary>Reads and writes orders, many in one statement, as commands for the caller's round trips.</summary>
internal static class OrderStore
{
    private static readonly string LockSql = SqlText.Read(typeof(OrderStore).Assembly, "LockOrders.sql");
    private static readonly string InsertSql = SqlText.Read(typeof(OrderStore).Assembly, "InsertOrders.sql");
    private static readonly string UpdateSql = SqlText.Read(typeof(OrderStore).Assembly, "UpdateOrders.sql");

    /// <summary>Locks those of the orders that exist; read the answer with <see cref="ReadAsync"/>.</summary>
    public static NpgsqlBatchCommand Lock(string[] uids) => new(LockSql) { Parameters = { new() { Value = uids } } };

    /// <summary>The locked rows by uid.</summary>
    public static async Task<Dictionary<string, OrderRow>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, OrderRow>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var version = reader.GetInt64(1);
            var row = new OrderRow
            {
                Uid = reader.GetString(0),
                Base = version,
                Version = version,
                ContentHash = reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2),
                Position = new RecordPosition(reader.GetInt32(3), reader.GetInt32(4), reader.GetInt64(5)),
                Time = reader.GetInt64(6),
            };
            rows.Add(row.Uid, row);
        }

        return rows;
    }

    /// <summary>Writes every touched row; afterwards ask <see cref="OrderWrites.EnsureComplete"/>.</summary>
    public static OrderWrites Write(IEnumerable<OrderRow> rows)
    {
        var touched = rows.Where(row => row.IsTouched).OrderBy(row => row.Uid, StringComparer.Ordinal).ToList();
        var inserts = touched.Where(row => row.Base == OrderRow.None).ToList();
        var updates = touched.Where(row => row.Base != OrderRow.None).ToList();
        return new OrderWrites(
            inserts.Count == 0 ? null : For(InsertSql, inserts),
            inserts.Count,
            updates.Count == 0 ? null : For(UpdateSql, updates, row => row.Base),
            updates.Count);
    }

    private static NpgsqlBatchCommand For(string sql, List<OrderRow> rows, Func<OrderRow, long>? condition = null)
    {
        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Array(rows, NpgsqlDbType.Text, row => row.Uid),
                Array(rows, NpgsqlDbType.Bigint, row => row.Version),
                Array(rows, NpgsqlDbType.Bytea, row => row.Content),
                Array(rows, NpgsqlDbType.Bytea, row => row.ContentHash),
                Array(rows, NpgsqlDbType.Integer, row => row.Position.Epoch),
                Array(rows, NpgsqlDbType.Integer, row => row.Position.Partition),
                Array(rows, NpgsqlDbType.Bigint, row => row.Position.Offset),
                Array(rows, NpgsqlDbType.Bigint, row => row.Time),
            },
        };
        if (condition is not null)
        {
            command.Parameters.Add(Array(rows, NpgsqlDbType.Bigint, condition));
        }

        return command;
    }

    private static NpgsqlParameter<T[]> Array<T>(List<OrderRow> rows, NpgsqlDbType type, Func<OrderRow, T> value)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}

/// <summary>The statements that write a batch's orders.</summary>
internal sealed record OrderWrites(NpgsqlBatchCommand? Insert, int Inserts, NpgsqlBatchCommand? Update, int Updates)
{
    /// <exception cref="OrderConflictException">Another transaction wrote one of the orders first; fold again onto what it wrote.</exception>
    public void EnsureComplete()
    {
        if ((Insert?.RecordsAffected ?? 0) != Inserts || (Update?.RecordsAffected ?? 0) != Updates)
        {
            throw new OrderConflictException();
        }
    }

    /// <summary>Those of the two that have anything to write.</summary>
    public IEnumerable<NpgsqlBatchCommand> Commands => new[] { Insert, Update }.OfType<NpgsqlBatchCommand>();
}

/// <summary>Two batches met on an order that neither had seen; the loser is folded again.</summary>
internal sealed class OrderConflictException() : Exception("Another transaction stored one of the batch's orders first.");
