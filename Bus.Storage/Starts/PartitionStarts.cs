using Bus.Storage.Inbox;
using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Starts;

/// <summary>
/// Who works on a partition and since where, so that the next one can tell a crash from a stop. Written once per assignment, before its first
/// batch; nothing per batch after that. What else works through records by numbers that rise is entered likewise, under a topic that no topic can be.
/// </summary>
public static class PartitionStarts
{
    private const string EndSql = "DELETE FROM partition_start WHERE group_id = $1 AND topic = $2 AND partition = ANY ($3) AND owner = $4";
    private static readonly string MarkSql = SqlText.Read("Starts.MarkAlone.sql");
    private static readonly string AnnounceSql = SqlText.Read("Starts.Announce.sql");
    private static readonly string WithdrawSql = SqlText.Read("Starts.Withdraw.sql");

    /// <summary>Says that <paramref name="owner"/> is about to work on the partition from <paramref name="position"/> on.</summary>
    /// <returns>What those before it left behind.</returns>
    public static async Task<PartitionStart> AnnounceAsync(
        NpgsqlDataSource database, InboxPartition partition, int epoch, long position, Guid owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(AnnounceSql);
        Add(command, partition);
        command.Parameters.Add(new() { Value = epoch });
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = owner });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new PartitionStart(reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
    }

    /// <summary>Committed before the record at <paramref name="offset"/> is worked on alone; null when it is no longer.</summary>
    public static async Task MarkAloneAsync(
        NpgsqlDataSource database, InboxPartition partition, Guid owner, long? offset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(MarkSql);
        Add(command, partition);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = (object?)offset ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The work is done, in the transaction that does it.</summary>
    public static NpgsqlBatchCommand End(InboxPartition partition, Guid owner) => new(EndSql)
    {
        Parameters =
        {
            new() { Value = partition.Group }, new() { Value = partition.Topic }, new() { Value = (int[])[partition.Partition] }, new() { Value = owner },
        },
    };

    /// <summary>The work ended in an exception or was stopped, not in a crash: what was known of crashes before it is known still.</summary>
    public static async Task WithdrawAsync(NpgsqlDataSource database, InboxPartition partition, Guid owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(WithdrawSql);
        Add(command, partition);
        command.Parameters.Add(new() { Value = owner });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The partitions are given up in order. What another owner has announced meanwhile stays.</summary>
    public static async Task EndAsync(
        NpgsqlDataSource database, string group, string topic, int[] partitions, Guid owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(EndSql);
        command.Parameters.Add(new() { Value = group });
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = partitions });
        command.Parameters.Add(new() { Value = owner });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Add(NpgsqlCommand command, InboxPartition partition)
    {
        command.Parameters.Add(new() { Value = partition.Group });
        command.Parameters.Add(new() { Value = partition.Topic });
        command.Parameters.Add(new() { Value = partition.Partition });
    }
}

/// <summary>How a partition was found at the start of work on it.</summary>
/// <param name="Starts">
/// How many starts in a row, this one included, found the watermark where it is, since the record there was first marked as alone, if it was; those before
/// this one ended in a crash.
/// </param>
/// <param name="Suspect">The offset that was worked on alone when the last one crashed, and is not accounted for; null where there was none.</param>
public readonly record struct PartitionStart(int Starts, long? Suspect);
