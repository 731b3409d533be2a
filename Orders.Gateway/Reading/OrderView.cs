using Bus.Caching;
using Failpoints;
using Npgsql;

namespace Orders.Gateway.Reading;

/// <summary>The orders as the database grants them to the gateway: one view, read only.</summary>
internal sealed class OrderView(NpgsqlDataSource database) : ICacheOrigin
{
    public async Task<CachedValue> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(key, cancellationToken);
        }
        catch (NpgsqlException ended) when (IsOfEndedSession(ended))
        {
            // Postgres ended a session that was kept here, at a restart or by its administrator, and the other kept ones most likely with it. That
            // says nothing of Postgres now, and a question may be asked twice.
            database.Clear();
            return await AskAsync(key, cancellationToken);
        }
    }

    private static bool IsOfEndedSession(NpgsqlException exception) => exception is PostgresException refused
        ? refused.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout
        : exception.InnerException is IOException;

    private async Task<CachedValue> AskAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT version, content FROM order_view WHERE order_uid = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var isKnown = await reader.ReadAsync(cancellationToken);
        Failpoint.Hit("cache_after_db");
        if (!isKnown)
        {
            return CachedValue.Unknown;
        }

        var content = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetFieldValue<byte[]>(1);
        return new CachedValue(reader.GetInt64(0), content);
    }
}
