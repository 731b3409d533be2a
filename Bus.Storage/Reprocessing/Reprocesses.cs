using System.Globalization;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Reprocessing;

/// <summary>
/// Jobs that run a range of a topic through ingest again. What they have done is written with its effect; watermark and inbox know nothing of them.
/// </summary>
public static class Reprocesses
{
    private const string WatermarksSql = "SELECT partition, epoch, position FROM watermark WHERE group_id = $1 AND topic = $2 ORDER BY partition";
    private const string StandingSql = "SELECT epoch, position FROM watermark WHERE group_id = $1 AND topic = $2 AND partition = $3";
    private static readonly string EndSql = SqlText.Read("Reprocessing.EndReprocess.sql");
    private static readonly string StartSql = SqlText.Read("Reprocessing.StartReprocess.sql");
    private static readonly string FindSql = SqlText.Read("Reprocessing.FindReprocess.sql");
    private static readonly string AdvanceSql = SqlText.Read("Reprocessing.AdvanceReprocess.sql");
    private static readonly string KeptSql = SqlText.Read("Reprocessing.KeptInRange.sql");
    private static readonly string KeepSql = SqlText.Read("Reprocessing.KeepReprocessed.sql");

    /// <summary>What a job's partition is entered under in <c>partition_start</c> while a batch of it is worked on: no topic has such a name.</summary>
    public static InboxPartition WorkOf(long id, int partition) => new(id.ToString(CultureInfo.InvariantCulture), "#reprocess", partition);

    /// <summary>Where each partition of the topic that was ever read stands.</summary>
    public static async Task<Dictionary<int, (int Epoch, long Position)>> WatermarksAsync(
        NpgsqlDataSource database, string group, string topic, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(WatermarksSql);
        command.Parameters.Add(new() { Value = group });
        command.Parameters.Add(new() { Value = topic });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<int, (int, long)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(reader.GetInt32(0), (reader.GetInt32(1), reader.GetInt64(2)));
        }

        return found;
    }

    /// <summary>Enters a job; null where one runs on the topic already.</summary>
    public static async Task<long?> StartAsync(
        NpgsqlDataSource database,
        string group,
        string topic,
        bool forced,
        string requestedBy,
        IReadOnlyList<OffsetRange> ranges,
        CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(StartSql);
        command.Parameters.Add(new() { Value = group });
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = forced });
        command.Parameters.Add(new() { Value = StorableText.Of(requestedBy) });
        command.Parameters.Add(new() { Value = ranges.Select(range => range.Partition).ToArray() });
        command.Parameters.Add(new() { Value = ranges.Select(range => range.Epoch).ToArray() });
        command.Parameters.Add(new() { Value = ranges.Select(range => range.First).ToArray() });
        command.Parameters.Add(new() { Value = ranges.Select(range => range.Next).ToArray() });
        return (long?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The job of that number, without one the job that runs on the topic; null where there is none.</summary>
    public static async Task<ReprocessJob?> FindAsync(NpgsqlDataSource database, long? id, string topic, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(FindSql);
        command.Parameters.Add(new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = topic });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        ReprocessJob? job = null;
        var ranges = new List<ReprocessRange>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            job ??= new ReprocessJob(
                reader.GetInt64(0),
                reader.GetDateTime(1),
                reader.IsDBNull(2) ? null : reader.GetDateTime(2),
                reader.GetBoolean(3),
                reader.GetString(4),
                reader.GetString(5),
                reader.GetString(6),
                reader.GetString(7),
                reader.IsDBNull(8) ? null : reader.GetString(8),
                ranges);
            ranges.Add(new ReprocessRange(
                new OffsetRange(reader.GetInt32(9), reader.GetInt32(10), reader.GetInt64(11), reader.GetInt64(12)), reader.GetInt64(13), CountsAt(reader, 14)));
        }

        return job;
    }

    /// <summary>Ends a job that runs; false where it has ended already, or never was.</summary>
    public static async Task<bool> EndAsync(
        NpgsqlDataSource database, long id, string state, string? problem, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(EndSql);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = state });
        command.Parameters.Add(new() { Value = problem is null ? DBNull.Value : StorableText.Of(problem), NpgsqlDbType = NpgsqlDbType.Text });
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>Epoch and position of the live watermark, which is not locked: nothing here moves it, and ingest shall not wait.</summary>
    public static NpgsqlBatchCommand Standing(InboxPartition partition) => new(StandingSql)
    {
        Parameters = { new() { Value = partition.Group }, new() { Value = partition.Topic }, new() { Value = partition.Partition } },
    };

    /// <summary>The offsets from <paramref name="first"/> to below <paramref name="next"/> that are dead letters not resolved, with their state.</summary>
    public static NpgsqlBatchCommand Kept(InboxPartition partition, int epoch, long first, long next) => new(KeptSql)
    {
        Parameters =
        {
            new() { Value = partition.Group }, new() { Value = partition.Topic }, new() { Value = epoch }, new() { Value = partition.Partition },
            new() { Value = first }, new() { Value = next },
        },
    };

    /// <summary>Keeps a record that ingest had accounted for as something else; does nothing where it is kept already.</summary>
    public static NpgsqlBatchCommand Keep(NewDeadLetter letter) => DeadLetterStore.Insert(KeepSql, letter);

    /// <summary>Notes what was done from <paramref name="first"/> to below <paramref name="next"/>; no row is affected where the job has ended.</summary>
    public static NpgsqlBatchCommand Advance(long id, int partition, long first, long next, in OutcomeCounts counts)
    {
        var command = new NpgsqlBatchCommand(AdvanceSql) { Parameters = { new() { Value = id }, new() { Value = partition } } };
        long[] numbers =
        [
            first, next, counts.Stored, counts.Duplicate, counts.Superseded, counts.Removed, counts.Ignored, counts.Parked, counts.Dead, counts.Absent,
        ];
        foreach (var number in numbers)
        {
            command.Parameters.Add(new() { Value = number });
        }

        return command;
    }

    private static OutcomeCounts CountsAt(NpgsqlDataReader reader, int column) => new()
    {
        Stored = reader.GetInt64(column),
        Duplicate = reader.GetInt64(column + 1),
        Superseded = reader.GetInt64(column + 2),
        Removed = reader.GetInt64(column + 3),
        Ignored = reader.GetInt64(column + 4),
        Parked = reader.GetInt64(column + 5),
        Dead = reader.GetInt64(column + 6),
        Absent = reader.GetInt64(column + 7),
    };
}

/// <summary>The offsets of a partition from <paramref name="First"/> to below <paramref name="Next"/>, in one life of its log.</summary>
public readonly record struct OffsetRange(int Partition, int Epoch, long First, long Next);

/// <summary>A range and how far it is done.</summary>
/// <param name="Range">The whole of it.</param>
/// <param name="Position">Everything below is done.</param>
/// <param name="Counts">What that came to.</param>
public sealed record ReprocessRange(OffsetRange Range, long Position, OutcomeCounts Counts);

/// <summary>A job as the database has it.</summary>
public sealed record ReprocessJob(
    long Id,
    DateTime StartedAt,
    DateTime? EndedAt,
    bool Forced,
    string Group,
    string Topic,
    string State,
    string RequestedBy,
    string? Problem,
    IReadOnlyList<ReprocessRange> Ranges);

/// <summary>The states of such a job.</summary>
public static class ReprocessStates
{
    /// <summary>Some instance works on it, or will as soon as one runs.</summary>
    public const string Running = "running";

    /// <summary>Every range is done.</summary>
    public const string Done = "done";

    /// <summary>It cannot go on; its problem says why.</summary>
    public const string Failed = "failed";

    /// <summary>An operator ended it.</summary>
    public const string Cancelled = "cancelled";
}
