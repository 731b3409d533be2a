using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.DeadLetters;

/// <summary>A record about to become a dead letter.</summary>
public sealed record NewDeadLetter(
    string Group,
    string Topic,
    int Epoch,
    int Partition,
    long Offset,
    long Timestamp,
    byte[]? Key,
    byte[]? Value,
    string[] HeaderNames,
    byte[]?[] HeaderValues,
    string Reason,
    string Sentence,
    string? JsonPath,
    long? BytePosition)
{
    /// <summary>What it begins as: dead, or parked behind its key; what blocks its key goes through <see cref="Parking.KeyParking"/>.</summary>
    public string State { get; init; } = DeadLetterStates.Dead;

    /// <summary>The exception as text, if one was the reason.</summary>
    public string? Exception { get; init; }

    /// <summary>The key it waits under, or that waits behind it; null where nothing waits.</summary>
    public string? ParkedKey { get; init; }
}

/// <summary>Writes dead letters inside the caller's transaction, as commands for its round trip.</summary>
public static class DeadLetterStore
{
    private const string ResolveSql = "UPDATE dead_letter SET state = 'resolved', resolved_at = clock_timestamp() WHERE id = $1";
    private const string FailSql =
        "UPDATE dead_letter SET state = $2, reason = $3, sentence = $4, exception = COALESCE($5, exception), json_path = $6, byte_position = $7 WHERE id = $1";
    private static readonly string InsertSql = SqlText.Read("DeadLetters.InsertDeadLetter.sql");
    private static readonly string InsertManySql = SqlText.Read("DeadLetters.InsertDeadLetters.sql");
    private static readonly string AddAttemptSql = SqlText.Read("DeadLetters.AddAttempt.sql");
    private static readonly string ResolveManySql = SqlText.Read("DeadLetters.ResolveMany.sql");
    private static readonly string LockSql = SqlText.Read("DeadLetters.LockDeadLetter.sql");

    /// <summary>Keeps the record with its first attempt; in the same transaction its neighbours are stored.</summary>
    public static NpgsqlBatchCommand Insert(NewDeadLetter letter) => Insert(InsertSql, letter);

    internal static NpgsqlBatchCommand Insert(string sql, NewDeadLetter letter) => new(sql)
    {
        Parameters =
        {
            new() { Value = letter.Group },
            new() { Value = letter.Topic },
            new() { Value = letter.Epoch },
            new() { Value = letter.Partition },
            new() { Value = letter.Offset },
            new() { Value = letter.Timestamp },
            Bytes(letter.Key),
            Bytes(letter.Value),
            new() { Value = Array.ConvertAll(letter.HeaderNames, StorableText.Cleaned) },
            new() { Value = letter.HeaderValues, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            new() { Value = letter.Reason },
            Text(letter.Sentence),
            Text(letter.JsonPath),
            Number(letter.BytePosition),
            new() { Value = letter.State },
            Text(letter.Exception),
            Text(letter.ParkedKey),
        },
    };

    /// <summary>As <see cref="Insert(NewDeadLetter)"/>, for many of one partition and epoch in one statement; their ids rise in the order given.</summary>
    public static NpgsqlBatchCommand Insert(IReadOnlyList<NewDeadLetter> letters)
    {
        ArgumentNullException.ThrowIfNull(letters);
        if (letters.Any(letter => (letter.Group, letter.Topic, letter.Epoch, letter.Partition)
            != (letters[0].Group, letters[0].Topic, letters[0].Epoch, letters[0].Partition)))
        {
            throw new ArgumentException("The letters are of several partitions or epochs.", nameof(letters));
        }

        var (firstHeaders, lastHeaders) = (new int[letters.Count], new int[letters.Count]);
        for (var (i, header) = (0, 0); i < letters.Count; i++)
        {
            // As SQL counts; the share of a letter without headers ends before it begins.
            firstHeaders[i] = header + 1;
            lastHeaders[i] = header += letters[i].HeaderNames.Length;
        }

        return new NpgsqlBatchCommand(InsertManySql)
        {
            Parameters =
            {
                new() { Value = letters[0].Group },
                new() { Value = letters[0].Topic },
                new() { Value = letters[0].Epoch },
                new() { Value = letters[0].Partition },
                new() { Value = letters.SelectMany(letter => letter.HeaderNames).Select(StorableText.Cleaned).ToArray() },
                new() { Value = letters.SelectMany(letter => letter.HeaderValues).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                ArrayParameter.Of(letters, NpgsqlDbType.Bigint, letter => letter.Offset),
                ArrayParameter.Of(letters, NpgsqlDbType.Bigint, letter => letter.Timestamp),
                ArrayParameter.Of(letters, NpgsqlDbType.Bytea, letter => letter.Key),
                ArrayParameter.Of(letters, NpgsqlDbType.Bytea, letter => letter.Value),
                new() { Value = firstHeaders },
                new() { Value = lastHeaders },
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => letter.Reason),
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => Storable(letter.Sentence)),
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => Storable(letter.JsonPath)),
                ArrayParameter.Of(letters, NpgsqlDbType.Bigint, letter => letter.BytePosition),
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => letter.State),
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => Storable(letter.Exception)),
                ArrayParameter.Of(letters, NpgsqlDbType.Text, letter => Storable(letter.ParkedKey)),
            },
        };
    }

    /// <summary>Locks a dead letter to the end of the transaction: of two replays the second sees what the first one did.</summary>
    public static async Task<LockedDeadLetter?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LockSql, connection, transaction) { Parameters = { new() { Value = id } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? Read(reader, firstColumn: 0, reader.GetInt32(13)) : null;
    }

    internal static LockedDeadLetter Read(NpgsqlDataReader reader, int firstColumn, int redeliveries) => new(
        reader.GetString(firstColumn),
        reader.GetString(firstColumn + 1),
        reader.GetString(firstColumn + 2),
        reader.GetInt32(firstColumn + 3),
        reader.GetInt32(firstColumn + 4),
        reader.GetInt64(firstColumn + 5),
        reader.GetInt64(firstColumn + 6),
        reader.IsDBNull(firstColumn + 7) ? null : reader.GetFieldValue<byte[]>(firstColumn + 7),
        reader.IsDBNull(firstColumn + 8) ? null : reader.GetFieldValue<byte[]>(firstColumn + 8),
        reader.GetFieldValue<string[]>(firstColumn + 9),
        reader.GetFieldValue<byte[]?[]>(firstColumn + 10),
        reader.IsDBNull(firstColumn + 11) ? null : reader.GetString(firstColumn + 11),
        reader.GetFieldValue<DateTimeOffset>(firstColumn + 12),
        redeliveries);

    /// <summary>Adds the next attempt: a replay, which somebody asked for, or (without an actor) a redelivery.</summary>
    public static NpgsqlBatchCommand AddAttempt(long id, string outcome, string? reason, string? sentence, string? actor) => new(AddAttemptSql)
    {
        Parameters =
        {
            new() { Value = id }, new() { Value = outcome }, Text(reason), Text(sentence), Text(actor),
            new() { Value = actor is null ? "redelivery" : "replay" },
        },
    };

    /// <summary>Says why it could not be stored this time, and whether it is tried again; an exception stays until another one comes.</summary>
    public static NpgsqlBatchCommand Fail(
        long id, string state, string reason, string sentence, string? exception, string? jsonPath, long? bytePosition) => new(FailSql)
    {
        Parameters =
        {
            new() { Value = id }, new() { Value = state }, new() { Value = reason }, Text(sentence), Text(exception), Text(jsonPath), Number(bytePosition),
        },
    };

    /// <summary>Marks a dead letter as resolved.</summary>
    public static NpgsqlBatchCommand Resolve(long id) => new(ResolveSql) { Parameters = { new() { Value = id } } };

    /// <summary>Marks many as resolved, each with the attempt that did it: a redelivery that ended in its outcome.</summary>
    public static NpgsqlBatchCommand Resolve(long[] ids, string[] outcomes) => new(ResolveManySql)
    {
        Parameters = { new() { Value = ids }, new() { Value = outcomes } },
    };

    private static NpgsqlParameter Bytes(byte[]? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea };

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)Storable(value) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static string? Storable(string? text) => text is null ? null : StorableText.Of(text);
}

/// <summary>A dead letter under lock: its state, its record, the key it blocks or waits under, when it came, and how often it was redelivered.</summary>
public sealed record LockedDeadLetter(
    string State,
    string Group,
    string Topic,
    int Epoch,
    int Partition,
    long Offset,
    long Timestamp,
    byte[]? Key,
    byte[]? Value,
    string[] HeaderNames,
    byte[]?[] HeaderValues,
    string? ParkedKey,
    DateTimeOffset RecordedAt,
    int Redeliveries);
