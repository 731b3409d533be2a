using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Outbox;

/// <summary>An event to be written with the change it tells of.</summary>
/// <param name="Key">Whose state changed; events of one key leave in the order of their sequence.</param>
/// <param name="Sequence">The version of that state after the change, from 1.</param>
/// <param name="Type">What happened.</param>
/// <param name="Payload">The state after the change; null where it was removed.</param>
/// <param name="TraceParent">The W3C trace context of the change, if it came with one.</param>
public readonly record struct NewEvent(string Key, long Sequence, string Type, byte[]? Payload, string? TraceParent);

/// <summary>The table of events that are not delivered yet. Those that are written together share rows, a lane each.</summary>
public static class Outbox
{
    /// <summary>The channel that is notified after a commit that left events behind.</summary>
    public const string Channel = "outbox";

    private const int Columns = 8;

    // By how many rows there are, from one on: each is prepared once.
    private static readonly string[] AppendSql = [.. Enumerable.Range(1, Lane.Count).Select(AppendRows)];
    private static readonly string CopySql = SqlText.Read("Outbox.CopyEvents.sql");

    /// <summary>What appends the events, for one round trip. After the commit, ring the <see cref="OutboxBell"/>.</summary>
    public static IEnumerable<NpgsqlBatchCommand> Append(IReadOnlyList<NewEvent> events) => OutboxRow.Of(events).Chunk(AppendSql.Length).Select(rows =>
    {
        var append = new NpgsqlBatchCommand(AppendSql[rows.Length - 1]);
        foreach (var row in rows)
        {
            append.Parameters.Add(new NpgsqlParameter<int> { TypedValue = row.Places.Count });
            append.Parameters.Add(new NpgsqlParameter<int> { TypedValue = row.Bytes });
            append.Parameters.Add(new NpgsqlParameter<short> { TypedValue = row.LaneNumber });
            append.Parameters.Add(ArrayParameter.Of(row.Places, NpgsqlDbType.Text, place => events[place].Key));
            append.Parameters.Add(ArrayParameter.Of(row.Places, NpgsqlDbType.Bigint, place => events[place].Sequence));
            append.Parameters.Add(ArrayParameter.Of(row.Places, NpgsqlDbType.Text, place => events[place].Type));
            append.Parameters.Add(ArrayParameter.Of(row.Places, NpgsqlDbType.Bytea, place => events[place].Payload));
            append.Parameters.Add(ArrayParameter.Of(row.Places, NpgsqlDbType.Text, place => events[place].TraceParent));
        }

        return append;
    });

    /// <summary>Appends many events by <c>COPY</c>, in the connection's transaction; as <see cref="Append"/> otherwise.</summary>
    public static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<NewEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        var rows = OutboxRow.Of(events);
        using var copy = new CopyRows(rows.Sum(row => row.Bytes));
        foreach (var row in rows)
        {
            copy.Row(8);
            copy.Number(row.Places.Count);
            copy.Number(row.Bytes);
            copy.Number(row.LaneNumber);
            copy.Array(CopyRows.TextType, row.Places, place => copy.Text(events[place].Key));
            copy.Array(CopyRows.BigintType, row.Places, place => copy.Number(events[place].Sequence));
            copy.Array(CopyRows.TextType, row.Places, place => copy.Text(events[place].Type));
            copy.Array(CopyRows.ByteaType, row.Places, place => copy.Bytea(events[place].Payload));
            copy.Array(CopyRows.TextType, row.Places, place => copy.Text(events[place].TraceParent));
        }

        await copy.SendAsync(connection, CopySql, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The statement for so many rows.</summary>
    internal static string AppendRows(int rows) => SqlText.Read("Outbox.AppendEvents.sql").TrimEnd('\n', ';') + string.Concat(
        Enumerable.Range(1, rows - 1).Select(row => $", ({string.Join(", ", Enumerable.Range(1 + (row * Columns), Columns).Select(Number))})"));

    private static string Number(int parameter) => string.Create(CultureInfo.InvariantCulture, $"${parameter}");
}

/// <summary>A fixed share of all keys.</summary>
public static class Lane
{
    /// <summary>How many lanes there are; stored events carry theirs, so the number never changes under them.</summary>
    public const int Count = 8;

    /// <summary>The lane of a key: FNV-1a of 32 bits over its UTF-16 code units, low byte first.</summary>
    public static short Of(string key)
    {
        var hash = 2166136261u;
        foreach (var c in key)
        {
            hash = (hash ^ (byte)c) * 16777619u;
            hash = (hash ^ (byte)(c >> 8)) * 16777619u;
        }

        return (short)(hash % Count);
    }
}
