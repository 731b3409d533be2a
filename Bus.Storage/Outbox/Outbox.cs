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

/// <summary>The table of events that are not delivered yet.</summary>
public static class Outbox
{
    /// <summary>The channel that is notified after a commit that left events behind.</summary>
    public const string Channel = "outbox";

    // A guess that is seldom too small.
    private const int BytesBesidePayload = 160;

    private static readonly string AppendSql = SqlText.Read("Outbox.AppendEvents.sql");
    private static readonly string CopySql = SqlText.Read("Outbox.CopyEvents.sql");

    /// <summary>Appends the events in one statement. After the commit, ring the <see cref="OutboxBell"/>.</summary>
    public static NpgsqlBatchCommand Append(IReadOnlyList<NewEvent> events)
    {
        var (lanes, keys, sequences) = (new short[events.Count], new string[events.Count], new long[events.Count]);
        var (types, payloads, traces) = (new string[events.Count], new byte[]?[events.Count], new string?[events.Count]);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            (lanes[i], keys[i], sequences[i]) = (Lane.Of(e.Key), e.Key, e.Sequence);
            (types[i], payloads[i], traces[i]) = (e.Type, e.Payload, e.TraceParent);
        }

        return new NpgsqlBatchCommand(AppendSql)
        {
            Parameters =
            {
                new() { Value = lanes },
                new() { Value = keys },
                new() { Value = sequences },
                new() { Value = types },
                new() { Value = payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = traces, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };
    }

    /// <summary>Appends many events by <c>COPY</c>, in the connection's transaction; as <see cref="Append"/> otherwise.</summary>
    public static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<NewEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        using var rows = new CopyRows(events.Sum(e => BytesBesidePayload + (e.Payload?.Length ?? 0)));
        foreach (var e in events)
        {
            rows.Row(6);
            rows.Number(Lane.Of(e.Key));
            rows.Text(e.Key);
            rows.Number(e.Sequence);
            rows.Text(e.Type);
            rows.Bytea(e.Payload);
            rows.Text(e.TraceParent);
        }

        await rows.SendAsync(connection, CopySql, cancellationToken).ConfigureAwait(false);
    }
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
