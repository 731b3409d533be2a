using Npgsql;

namespace Bus.Storage.Pausing;

/// <summary>Whether a topic is ingested, for every instance and over restarts.</summary>
public static class TopicPause
{
    private const string PauseSql =
        "INSERT INTO pause (topic, paused_by, reason) VALUES ($1, $2, $3) ON CONFLICT (topic) WHERE resumed_at IS NULL DO NOTHING";

    private const string ResumeSql =
        "UPDATE pause SET resumed_at = clock_timestamp(), resumed_by = $2, resume_reason = $3 WHERE topic = $1 AND resumed_at IS NULL";

    private const string FindSql = "SELECT paused_at, paused_by, reason FROM pause WHERE topic = $1 AND resumed_at IS NULL";

    /// <summary>Pauses the topic; false where it is paused already, and then the first word holds.</summary>
    public static Task<bool> PauseAsync(NpgsqlDataSource database, string topic, string actor, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(database, PauseSql, topic, actor, reason, cancellationToken);

    /// <summary>Lets the topic go on; false where it was not paused.</summary>
    public static Task<bool> ResumeAsync(NpgsqlDataSource database, string topic, string actor, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(database, ResumeSql, topic, actor, reason, cancellationToken);

    /// <summary>Since when, by whom and why the topic is paused; null while it is not.</summary>
    public static async Task<PausedTopic?> FindAsync(NpgsqlDataSource database, string topic, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(FindSql);
        command.Parameters.Add(new() { Value = topic });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new PausedTopic(reader.GetDateTime(0), reader.GetString(1), reader.GetString(2))
            : null;
    }

    private static async Task<bool> ChangeAsync(
        NpgsqlDataSource database, string sql, string topic, string actor, string reason, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = actor });
        command.Parameters.Add(new() { Value = reason });
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) > 0;
    }
}

/// <summary>A pause that has not ended.</summary>
public sealed record PausedTopic(DateTime Since, string Actor, string Reason);
