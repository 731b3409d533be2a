using Bus.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Orders.Service.Storage;

/// <summary>Reads and writes orders, many in one statement, as commands for the caller's round trips.</summary>
internal static class OrderStore
{
    // A guess that is seldom too small.
    private const int BytesBesideContent = 192;

    private static readonly string LockSql = SqlText.Read(typeof(OrderStore).Assembly, "LockOrders.sql");
    private static readonly string InsertSql = SqlText.Read(typeof(OrderStore).Assembly, "InsertOrders.sql");
    private static readonly string InsertUnseenSql = SqlText.Read(typeof(OrderStore).Assembly, "InsertUnseenOrders.sql");
    private static readonly string CopySql = SqlText.Read(typeof(OrderStore).Assembly, "CopyOrders.sql");
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

    /// <summary>What is to be written of the rows, in the order of their uids.</summary>
    public static OrderWrites Write(IEnumerable<OrderRow> rows)
    {
        var touched = InOrder(rows.Where(row => row.IsTouched));
        var inserts = touched.FindAll(row => row.Base == OrderRow.None);
        var updates = touched.FindAll(row => row.Base != OrderRow.None);
        return new OrderWrites(inserts, updates);
    }

    public static NpgsqlBatchCommand Insert(List<OrderRow> rows) => For(InsertSql, rows);

    /// <summary>
    /// Inserts orders nobody has looked for. Fails with <c>unique_violation</c> where one exists, with <c>not_null_violation</c> where a record is parked.
    /// </summary>
    public static IEnumerable<NpgsqlBatchCommand> InsertUnseen(IEnumerable<OrderRow> rows) =>
        InOrder(rows) is { Count: > 0 } unseen ? [For(InsertUnseenSql, unseen)] : [];

    public static NpgsqlBatchCommand Update(List<OrderRow> rows) => For(UpdateSql, rows, row => row.Base);

    /// <summary>Inserts many rows by <c>COPY</c>, in the connection's transaction.</summary>
    public static async Task CopyAsync(NpgsqlConnection connection, List<OrderRow> rows, CancellationToken cancellationToken)
    {
        using var copy = new CopyRows(rows.Sum(row => BytesBesideContent + (row.Content?.Length ?? 0)));
        foreach (var row in rows)
        {
            copy.Row(8);
            copy.Text(row.Uid);
            copy.Number(row.Version);
            copy.Bytea(row.Content);
            copy.Bytea(row.ContentHash);
            copy.Number(row.Position.Epoch);
            copy.Number(row.Position.Partition);
            copy.Number(row.Position.Offset);
            copy.Number(row.Time);
        }

        await copy.SendAsync(connection, CopySql, cancellationToken);
    }

    private static List<OrderRow> InOrder(IEnumerable<OrderRow> rows)
    {
        List<OrderRow> ordered = [.. rows];
        ordered.Sort((one, other) => string.CompareOrdinal(one.Uid, other.Uid));
        return ordered;
    }

    private static NpgsqlBatchCommand For(string sql, List<OrderRow> rows, Func<OrderRow, long>? condition = null)
    {
        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                ArrayParameter.Of(rows, NpgsqlDbType.Text, row => row.Uid),
                ArrayParameter.Of(rows, NpgsqlDbType.Bigint, row => row.Version),
                ArrayParameter.Of(rows, NpgsqlDbType.Bytea, row => row.Content),
                ArrayParameter.Of(rows, NpgsqlDbType.Bytea, row => row.ContentHash),
                ArrayParameter.Of(rows, NpgsqlDbType.Integer, row => row.Position.Epoch),
                ArrayParameter.Of(rows, NpgsqlDbType.Integer, row => row.Position.Partition),
                ArrayParameter.Of(rows, NpgsqlDbType.Bigint, row => row.Position.Offset),
                ArrayParameter.Of(rows, NpgsqlDbType.Bigint, row => row.Time),
            },
        };
        if (condition is not null)
        {
            command.Parameters.Add(ArrayParameter.Of(rows, NpgsqlDbType.Bigint, condition));
        }

        return command;
    }
}

/// <summary>The rows a batch writes: first <see cref="CopyAsync"/>, then the <see cref="Commands"/>, then <see cref="EnsureComplete"/>.</summary>
internal sealed class OrderWrites
{
    private readonly List<OrderRow> _inserts;
    private readonly List<OrderRow> _updates;
    private readonly bool _isCopied;
    private readonly NpgsqlBatchCommand? _insert;
    private readonly NpgsqlBatchCommand? _update;

    public OrderWrites(List<OrderRow> inserts, List<OrderRow> updates)
    {
        (_inserts, _updates) = (inserts, updates);
        _isCopied = inserts.Count >= CopyRows.Worthwhile;
        _insert = inserts.Count == 0 || _isCopied ? null : OrderStore.Insert(inserts);
        _update = updates.Count == 0 ? null : OrderStore.Update(updates);
    }

    /// <summary>The statements besides the copy.</summary>
    public IEnumerable<NpgsqlBatchCommand> Commands => new[] { _insert, _update }.OfType<NpgsqlBatchCommand>();

    /// <summary>Inserts new orders where they are many; does nothing where they are few.</summary>
    /// <exception cref="OrderConflictException">Another transaction wrote one of the orders first; the transaction is void.</exception>
    public async Task CopyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!_isCopied)
        {
            return;
        }

        try
        {
            await OrderStore.CopyAsync(connection, _inserts, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new OrderConflictException(exception);
        }
    }

    /// <exception cref="OrderConflictException">Another transaction wrote one of the orders first; fold again onto what it wrote.</exception>
    public void EnsureComplete()
    {
        if ((_insert is not null && (int)_insert.RecordsAffected != _inserts.Count) || (_update is not null && (int)_update.RecordsAffected != _updates.Count))
        {
            throw new OrderConflictException();
        }
    }
}

/// <summary>A batch met an order it had not seen, stored meanwhile or not looked for; it is folded again.</summary>
internal sealed class OrderConflictException(Exception? cause = null) : Exception("Another transaction stored one of the batch's orders first.", cause);
