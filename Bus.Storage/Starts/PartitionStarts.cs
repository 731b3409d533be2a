using Bus.Storage.Inbox;
using Npgsql;

namespace Bus.Storage.Starts;

/// <summary>
/// Who works on a partition and since where, so that the next one can tell a crash from a stop. Of ingest written once per assignment, before its first
/// batch; nothing per batch after that. What else works through records by numbers that rise is entered likewise, whenever it begins, under a topic
/// that no topic can be.
/// </summary>
public static class PartitionStarts
{
    private const string EndSql = "DELETE FROM partition_start WHERE group_id = $1 AND topic = $2 AND partition = ANY ($3) AND owner = $4";
    private const string UnmarkSql =
        "UPDATE partition_start SET alone_offset = NULL WHERE group_id = $1 AND topic = $2 AND partition = $3 AND owner = $4";
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

    /// <summary>Committed before a record is worked on alone.</summary>
    /// <param name="database">Where.</param>
    /// <param name="partition">The record's.</param>
    /// <param name="owner">Who works on it.</param>
    /// <param name="position">Where the watermark stands; the record may lie behind a hole.</param>
    /// <param name="offset">The record's own.</param>
    /// <param name="starts">How many starts have marked it, this one included.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task MarkAloneAsync(
        NpgsqlDataSource database, InboxPartition partition, Guid owner, long position, long offset, int starts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(MarkSql);
        Add(command, partition);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = offset });
        command.Parameters.Add(new() { Value = starts });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The record that was marked is no longer worked on, and did not end the process.</summary>
    public static async Task UnmarkAloneAsync(NpgsqlDataSource database, InboxPartition partition, Guid owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(UnmarkSql);
        Add(command, partition);
        command.Parameters.Add(new() { Value = owner });
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
/// How many starts in a row, this one included, found the watermark where it is; those before it ended in a crash. Where there is a suspect, how many
/// marked it.
/// </param>
/// <param name="Suspect">The offset that was worked on alone when one of them crashed, and is not accounted for; null where there was none.</param>
public readonly record struct PartitionStart(int Starts, long? Suspect);
