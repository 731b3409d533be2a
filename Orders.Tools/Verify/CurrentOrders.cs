using Npgsql;

namespace Orders.Tools.Verify;

/// <summary>What the database holds of some orders at this moment.</summary>
internal static class CurrentOrders
{
    public static async Task<Dictionary<string, (long Version, UInt128 Content)>> ReadAsync(
        NpgsqlDataSource database, string[] uids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(QueryText.Read("SomeOrders.sql"));
        command.Parameters.Add(new() { Value = uids });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<string, (long, UInt128)>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellationToken))
        {
            var content = rows.IsDBNull(2) ? Digest.None : Digest.Cut(rows.GetFieldValue<byte[]>(2));
            found.Add(rows.GetString(0), (rows.GetInt64(1), content));
        }

        return found;
    }

    public static async Task<List<string>> NewestAsync(NpgsqlDataSource database, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(QueryText.Read("Newest.sql"));
        command.CommandTimeout = QueryText.PatienceSeconds;
        command.Parameters.Add(new() { Value = count });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<string>(count);
        while (await rows.ReadAsync(cancellationToken))
        {
            found.Add(rows.GetString(0));
        }

        return found;
    }
}
