using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Inbox;

/// <summary>
/// The accounted offset ranges and the watermark. Each statement is handed out as a command, so that the application sends
/// them with its own in one round trip, inside the transaction that stores what the records hold.
/// </summary>
public static class Inbox
{
    private static readonly string LockSql = SqlText.Read("Inbox.LockWatermarks.sql");
    private static readonly string LoadSql = SqlText.Read("Inbox.LoadWatermarks.sql");
    private static readonly string CreateSql = SqlText.Read("Inbox.CreateWatermarks.sql");
    private static readonly string StartEpochSql = SqlText.Read("Inbox.StartEpoch.sql");
    private static readonly string RecogniseSql = SqlText.Read("Inbox.RecogniseLogs.sql");
    private static readonly string AccountSql = SqlText.Read("Inbox.AccountRange.sql");

    /// <summary>Locks the watermarks' rows to the end of the transaction; read the answer with <see cref="ReadWatermarksAsync"/>.</summary>
    public static NpgsqlBatchCommand LockWatermarks(string group, string topic, int[] partitions) => new(LockSql)
    {
        Parameters = { new() { Value = group }, new() { Value = topic }, new() { Value = partitions } },
    };

    /// <summary>The locked watermarks by partition; those that have none yet are missing.</summary>
    public static async Task<Dictionary<int, InboxWatermark>> ReadWatermarksAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var found = new Dictionary<int, InboxWatermark>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(reader.GetInt32(0), Watermark(reader, firstColumn: 1));
        }

        return found;
    }

    /// <summary>
    /// A watermark for each partition that has none: at the low offset given for it, in the epoch that another group has reached there, or else in the one
    /// behind its own ranges; in epoch 1 where there is neither.
    /// </summary>
    public static NpgsqlBatchCommand CreateWatermarks(string group, string topic, IReadOnlyDictionary<int, long> lowOffsets) => new(CreateSql)
    {
        Parameters =
        {
            new() { Value = group },
            new() { Value = topic },
            new() { Value = lowOffsets.Keys.ToArray() },
            new() { Value = lowOffsets.Values.ToArray() },
        },
    };

    /// <summary>The watermarks of partitions; those that have none get one, as <see cref="CreateWatermarks"/> says.</summary>
    public static async Task<Dictionary<int, InboxWatermark>> LoadAsync(
        NpgsqlDataSource database, string group, string topic, IReadOnlyDictionary<int, long> lowOffsets, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(CreateWatermarks(group, topic, lowOffsets));
        batch.BatchCommands.Add(new(LoadSql)
        {
            Parameters = { new() { Value = group }, new() { Value = topic }, new() { Value = lowOffsets.Keys.ToArray() } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<int, InboxWatermark>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(reader.GetInt32(0), Watermark(reader, firstColumn: 1) with { Known = RecordAt(reader, firstColumn: 6) });
        }

        return found;
    }

    /// <summary>Ends <paramref name="epoch"/>, the next one starts at <paramref name="position"/>; returns what holds afterwards.</summary>
    public static async Task<InboxWatermark> StartEpochAsync(
        NpgsqlDataSource database, InboxPartition partition, int epoch, long position, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new(StartEpochSql)
        {
            Parameters =
            {
                new() { Value = partition.Group },
                new() { Value = partition.Topic },
                new() { Value = partition.Partition },
                new() { Value = epoch },
                new() { Value = position },
            },
        });
        batch.BatchCommands.Add(LockWatermarks(partition.Group, partition.Topic, [partition.Partition]));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = await ReadWatermarksAsync(reader, cancellationToken).ConfigureAwait(false);
        return found.TryGetValue(partition.Partition, out var watermark)
            ? watermark
            : throw new InvalidOperationException($"The watermark of {partition} vanished while an epoch was started.");
    }

    /// <summary>Notes by which record each partition's log was recognised; where the epoch has ended or a later record is noted, nothing is.</summary>
    public static async Task RecogniseAsync(
        NpgsqlDataSource database,
        string group,
        string topic,
        IReadOnlyCollection<(int Partition, int Epoch, InboxRecord Record)> seen,
        CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RecogniseSql);
        command.Parameters.Add(new() { Value = group });
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = seen.Select(log => log.Partition).ToArray() });
        command.Parameters.Add(new() { Value = seen.Select(log => log.Epoch).ToArray() });
        command.Parameters.Add(new() { Value = seen.Select(log => log.Record.Offset).ToArray() });
        command.Parameters.Add(new() { Value = seen.Select(log => log.Record.Timestamp).ToArray() });
        command.Parameters.Add(new() { Value = seen.Select(log => log.Record.ValueHash).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Accounts for the range and moves the watermark behind it. Fails with <c>not_null_violation</c> where the range does not begin at the watermark. A
    /// statement for each range: one for several would be planned anew each time, which takes longer than to do it.
    /// </summary>
    public static NpgsqlBatchCommand Account(string group, string topic, InboxRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var (counts, last) = (range.Counts, range.Last);
        return new(AccountSql)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = group },
                new NpgsqlParameter<string> { TypedValue = topic },
                new NpgsqlParameter<int> { TypedValue = range.Partition },
                new NpgsqlParameter<int> { TypedValue = range.Epoch },
                new NpgsqlParameter<long> { TypedValue = range.First },
                new NpgsqlParameter<long> { TypedValue = range.Next },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = last is null ? DBNull.Value : last.Offset },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = last is null ? DBNull.Value : last.Timestamp },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea, Value = last is null ? DBNull.Value : last.ValueHash },
                new NpgsqlParameter<long> { TypedValue = counts.Stored },
                new NpgsqlParameter<long> { TypedValue = counts.Duplicate },
                new NpgsqlParameter<long> { TypedValue = counts.Superseded },
                new NpgsqlParameter<long> { TypedValue = counts.Removed },
                new NpgsqlParameter<long> { TypedValue = counts.Ignored },
                new NpgsqlParameter<long> { TypedValue = counts.Dead },
                new NpgsqlParameter<long> { TypedValue = counts.Absent },
                new NpgsqlParameter<long> { TypedValue = counts.Lost },
                new NpgsqlParameter<long> { TypedValue = counts.Parked },
                new NpgsqlParameter<long> { TypedValue = counts.Redelivering },
            },
        };
    }

    private static InboxWatermark Watermark(NpgsqlDataReader reader, int firstColumn) => new(
        reader.GetInt32(firstColumn),
        reader.GetInt64(firstColumn + 1),
        RecordAt(reader, firstColumn + 2));

    private static InboxRecord? RecordAt(NpgsqlDataReader reader, int firstColumn) => reader.IsDBNull(firstColumn)
        ? null
        : new InboxRecord(reader.GetInt64(firstColumn), reader.GetInt64(firstColumn + 1), reader.GetFieldValue<byte[]>(firstColumn + 2));
}

/// <summary>Whose watermark it is.</summary>
public readonly record struct InboxPartition(string Group, string Topic, int Partition);

/// <summary>A range of fetch positions that one batch accounts for; <paramref name="Last"/> is its last record, null where it holds none.</summary>
public sealed record InboxRange(int Partition, int Epoch, long First, long Next, OutcomeCounts Counts, InboxRecord? Last);

/// <summary>The offset below which every record is accounted for, and the last one that was.</summary>
public sealed record InboxWatermark(int Epoch, long Position, InboxRecord? Last)
{
    /// <summary>A record the log was known to hold when it was looked at last; read where watermarks are loaded, null elsewhere.</summary>
    public InboxRecord? Known { get; init; }
}

/// <summary>What a log is recognised by: offset, timestamp in milliseconds and SHA-256 of the value (empty for null).</summary>
public sealed record InboxRecord(long Offset, long Timestamp, byte[] ValueHash);

/// <summary>How many records of a range ended in which outcome; with absent and lost offsets they add up to the range.</summary>
public record struct OutcomeCounts
{
    public long Stored { get; set; }
    public long Duplicate { get; set; }
    public long Superseded { get; set; }
    public long Removed { get; set; }
    public long Ignored { get; set; }
    public long Parked { get; set; }
    public long Redelivering { get; set; }
    public long Dead { get; set; }
    public long Absent { get; set; }
    public long Lost { get; set; }
}
