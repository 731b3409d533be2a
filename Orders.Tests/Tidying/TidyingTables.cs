using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Tidying;

/// <summary>A database of its own with the service's tables, used as the service's role, and ranges and dead letters to fill them.</summary>
internal sealed class TidyingTables : IAsyncDisposable
{
    private const string Outcomes = "stored, duplicate, superseded, removed, ignored, parked, redelivering, dead, absent, lost";
    private readonly NpgsqlDataSource _owner;

    private TidyingTables(string owner)
    {
        _owner = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(owner) { SearchPath = "orders" }.ConnectionString);
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(owner) { SearchPath = "orders", Username = "busorders_service" }.ConnectionString);
    }

    /// <summary>What the service may do, and no more.</summary>
    public NpgsqlDataSource Source { get; }

    public static async Task<TidyingTables> CreateAsync(SharedPostgres postgres)
    {
        var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        var tables = new TidyingTables(database);
        await tables.DoAsync(
            "INSERT INTO watermark (group_id, topic, partition, epoch, position) SELECT 'g', 'orders', n, 2, 0 FROM generate_series(0, 3) AS n");
        return tables;
    }

    /// <summary>Ranges that adjoin one another, a second apart, the last one accounted for at <paramref name="newest"/>.</summary>
    public Task AddRangesAsync(int partition, int count, int records, long from, DateTimeOffset newest, string outcome = "stored", int epoch = 1) =>
        DoAsync($"""
            INSERT INTO inbox (group_id, topic, partition, epoch, first_offset, next_offset, {outcome}, accounted_at)
            SELECT 'g', 'orders', {partition}, {epoch}, {from} + n * {records}, {from} + (n + 1) * {records}, {records},
                   '{newest:O}'::timestamptz - ({count} - 1 - n) * interval '1 second'
            FROM generate_series(0::bigint, {count} - 1) AS n
            """);

    public Task AddDeadLetterAsync(long offset, string state, DateTimeOffset? resolvedAt, string kind = "ingest") => DoAsync($"""
        WITH letter AS (
            INSERT INTO dead_letter (group_id, topic, epoch, partition, record_offset, record_timestamp, state, reason, sentence, resolved_at)
            VALUES ('g', 'orders', 1, 0, {offset}, 0, '{state}', 'empty', 'Empty.', {(resolvedAt is { } at ? $"'{at:O}'" : "NULL")})
            RETURNING id)
        INSERT INTO dead_letter_attempt (dead_letter_id, number, kind, outcome) SELECT id, 1, '{kind}', 'dead' FROM letter
        """);

    /// <summary>Every range as <c>partition first-next</c>.</summary>
    public async Task<List<string>> RangesAsync()
    {
        var text = await OneAsync<string>(
            "SELECT string_agg(format('%s %s-%s', partition, first_offset, next_offset), ',' ORDER BY partition, first_offset, epoch) FROM inbox");
        return [.. text.Split(',')];
    }

    /// <summary>What the account says per partition and epoch, in one text.</summary>
    public Task<string> SumsAsync() => OneAsync<string>($"""
        SELECT string_agg(sums::text, ' ' ORDER BY sums::text)
        FROM (SELECT partition, epoch, sum(next_offset - first_offset), max(accounted_at), {Sums} FROM inbox GROUP BY partition, epoch) AS sums
        """);

    public async Task<T> OneAsync<T>(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task DoAsync(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _owner.DisposeAsync();
    }

    private static string Sums => string.Join(", ", Outcomes.Split(", ").Select(outcome => $"sum({outcome})"));
}
