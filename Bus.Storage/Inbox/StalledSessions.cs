using Npgsql;
using NpgsqlTypes;

namespace Bus.Storage.Inbox;

/// <summary>Sessions of a process that froze within a transaction: they keep its locks, the watermark's among them, for as long as it is frozen.</summary>
public static class StalledSessions
{
    private static readonly string EndSql = SqlText.Read("Inbox.EndStalledSessions.sql");

    /// <summary>
    /// Ends those of our role whose transaction is older than <paramref name="patience"/> and waits for its client; what they had not committed is
    /// undone, as after a crash of the process. Should it wake up, it finds its connection gone and the watermark moved.
    /// </summary>
    /// <returns>How many were ended.</returns>
    public static async Task<long> EndAsync(NpgsqlDataSource database, TimeSpan patience, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(EndSql);
        command.Parameters.Add(new() { Value = patience, NpgsqlDbType = NpgsqlDbType.Interval });
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
