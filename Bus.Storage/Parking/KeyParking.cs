using Bus.Storage.DeadLetters;
using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Parking;

/// <summary>
/// Keeps the order of a key whose record failed: later records of the key wait behind it and follow in their order. Whoever appends one or
/// takes the next holds the key's row, so none is forgotten between the two.
/// </summary>
public static class KeyParking
{
    private const string DelaySql = "UPDATE parking SET due_at = clock_timestamp() + $2 WHERE key = $1";
    private const string PostponeSql =
        "UPDATE parking SET due_at = clock_timestamp() + $3 WHERE key = $1 AND dead_letter_id = $2 AND due_at <= clock_timestamp()";

    private const string LockBehindSql = "SELECT key FROM parking WHERE dead_letter_id = $1 FOR UPDATE";
    private static readonly string AnySql = SqlText.Read("Parking.IsAnyParked.sql");
    private static readonly string LockSql = SqlText.Read("Parking.LockParked.sql");
    private static readonly string BlockSql = SqlText.Read("Parking.BlockKey.sql");
    private static readonly string ReleaseSql = SqlText.Read("Parking.ReleaseKey.sql");
    private static readonly string FollowersSql = SqlText.Read("Parking.ReadFollowers.sql");
    private static readonly string TakeSql = SqlText.Read("Parking.TakeDue.sql");

    /// <summary>Locks those of the keys that are blocked; read the answer with <see cref="ReadAsync"/>.</summary>
    public static NpgsqlBatchCommand Lock(string[] keys) => new(LockSql) { Parameters = { new() { Value = keys } } };

    /// <summary>The blocked keys; null where there is none, which is the rule.</summary>
    public static async Task<HashSet<string>?> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        HashSet<string>? keys = null;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            (keys ??= new(StringComparer.Ordinal)).Add(reader.GetString(0));
        }

        return keys;
    }

    /// <summary>Whether any key is blocked at all; read the answer with <see cref="ReadAnyAsync"/>.</summary>
    public static NpgsqlBatchCommand Any() => new(AnySql);

    public static async Task<bool> ReadAnyAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return reader.GetBoolean(0);
    }

    /// <summary>
    /// Keeps the record and blocks its key until it is finished; no row is affected where somebody else blocked the key first, and then the
    /// transaction must not be committed.
    /// </summary>
    public static NpgsqlBatchCommand Block(NewDeadLetter letter, TimeSpan due)
    {
        var command = DeadLetterStore.Insert(BlockSql, letter);
        command.Parameters.Add(new() { Value = due, NpgsqlDbType = NpgsqlDbType.Interval });
        return command;
    }

    /// <summary>Locks the key that a dead letter blocks, before the letter itself is locked; null where it blocks none.</summary>
    public static async Task<string?> LockBehindAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long deadLetterId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LockBehindSql, connection, transaction) { Parameters = { new() { Value = deadLetterId } } };
        return (string?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Locks the key whose head has been due longest and that nobody else works on; null where none is due.</summary>
    public static async Task<DueKey?> TakeDueAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TakeSql, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? new DueKey(reader.GetString(0), reader.GetInt64(1)) : null;
    }

    /// <summary>
    /// The first ones in line behind the locked key's head, in their order, as many as fit into <paramref name="bytes"/>; none when the very first does not.
    /// </summary>
    public static async Task<List<Follower>> ReadFollowersAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string key, int most, long bytes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FollowersSql, connection, transaction)
        {
            Parameters = { new() { Value = key }, new() { Value = most }, new() { Value = bytes } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var followers = new List<Follower>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            followers.Add(new Follower(reader.GetInt64(0), DeadLetterStore.Read(reader, firstColumn: 1, redeliveries: 0)));
        }

        return followers;
    }

    /// <summary>The locked key's head is finished: the next one is due at once, or the key is free.</summary>
    public static NpgsqlBatchCommand Release(string key) => new(ReleaseSql) { Parameters = { new() { Value = key } } };

    /// <summary>The locked key's head is tried again later; null: only when an operator asks.</summary>
    public static NpgsqlBatchCommand Delay(string key, TimeSpan? due) => new(DelaySql)
    {
        Parameters =
        {
            new() { Value = key },
            new() { Value = (object?)due ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval },
        },
    };

    /// <summary>The key's head could not even be tried: it is due later, unless somebody else has tried it meanwhile.</summary>
    public static NpgsqlBatchCommand Postpone(DueKey due, TimeSpan delay)
    {
        ArgumentNullException.ThrowIfNull(due);
        return new(PostponeSql) { Parameters = { new() { Value = due.Key }, new() { Value = due.DeadLetterId }, new() { Value = delay } } };
    }
}

/// <summary>A key whose head is due.</summary>
public sealed record DueKey(string Key, long DeadLetterId);

/// <summary>One that waits in line behind a key's head.</summary>
public sealed record Follower(long DeadLetterId, LockedDeadLetter Letter);
