using Microsoft.Extensions.Options;
using Npgsql;

namespace Bus.Storage.Tidying;

/// <summary>What a pass made smaller.</summary>
/// <param name="RangesMerged">Inbox rows that went into one before them.</param>
/// <param name="DeadLettersExpired">Resolved dead letters deleted.</param>
public readonly record struct TidyingResult(long RangesMerged, long DeadLettersExpired);

/// <summary>
/// Keeps the tables bounded: merges old inbox ranges, deletes dead letters resolved long ago. Many small transactions with rests between them,
/// by one instance at a time. Ingest only adds inbox rows and never waits here: it touches no row that is old enough to be merged.
/// </summary>
public sealed class Tidier(NpgsqlDataSource database, IOptions<TidyingOptions> options, TimeProvider time)
{
    /// <summary>Any number, the same in every instance: whoever holds this advisory lock tidies.</summary>
    private const long TidyingLock = 0x0B05_5EED_0003;

    private const int DeadLettersPerRow = 10;
    private const string AcquireSql = "SELECT pg_try_advisory_lock(hashtextextended(current_schema(), $1))";
    private const string ReleaseSql = "SELECT pg_advisory_unlock(hashtextextended(current_schema(), $1))";
    private const string EpochsSql = "SELECT group_id, topic, partition, generate_series(1, epoch) FROM watermark ORDER BY 1, 2, 3, 4";

    private static readonly string MergeSql = SqlText.Read("Tidying.MergeRanges.sql");
    private static readonly string ExpireSql = SqlText.Read("Tidying.ExpireDeadLetters.sql");

    private readonly TidyingOptions _options = options.Value;

    /// <summary>Where merging goes on: what lies before is merged, and is not locked and read again in every pass.</summary>
    private readonly Dictionary<Epoch, long> _from = [];

    /// <summary>One pass over everything that is old enough; null where another instance is at it.</summary>
    public async Task<TidyingResult?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        if (!await LockAsync(connection, AcquireSql, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        try
        {
            var merged = await MergeAsync(connection, cancellationToken).ConfigureAwait(false);
            return new TidyingResult(merged, await ExpireAsync(connection, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            await ReleaseAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task<long> MergeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - _options.MergeAfter;
        var merged = 0L;
        foreach (var epoch in await EpochsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            while (true)
            {
                var (seen, gone, last) = await MergeOnceAsync(connection, epoch, before, cancellationToken).ConfigureAwait(false);
                merged += gone;
                _from[epoch] = last ?? _from.GetValueOrDefault(epoch);
                if (seen < _options.BatchRows)
                {
                    break;
                }

                await Task.Delay(_options.Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }

        return merged;
    }

    private async Task<(long Seen, long Gone, long? Last)> MergeOnceAsync(
        NpgsqlConnection connection, Epoch epoch, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var merge = new NpgsqlCommand(MergeSql, connection)
        {
            Parameters =
            {
                new() { Value = epoch.Group },
                new() { Value = epoch.Topic },
                new() { Value = epoch.Partition },
                new() { Value = epoch.Number },
                new() { Value = _from.GetValueOrDefault(epoch) },
                new() { Value = before.UtcDateTime },
                new() { Value = _options.BatchRows },
                new() { Value = _options.RangeOffsets },
            },
        };
        await using var row = await merge.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2));
    }

    private async Task<long> ExpireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var before = (time.GetUtcNow() - _options.ResolvedDeadLettersFor).UtcDateTime;
        var portion = Math.Max(1, _options.BatchRows / DeadLettersPerRow);
        var expired = 0L;
        while (true)
        {
            await using var expire = new NpgsqlCommand(ExpireSql, connection)
            {
                Parameters = { new() { Value = before }, new() { Value = portion } },
            };
            var gone = (long)(await expire.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            expired += gone;
            if (gone < portion)
            {
                return expired;
            }

            await Task.Delay(_options.Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<List<Epoch>> EpochsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(EpochsSql, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var epochs = new List<Epoch>();
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            epochs.Add(new Epoch(rows.GetString(0), rows.GetString(1), rows.GetInt32(2), rows.GetInt32(3)));
        }

        return epochs;
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = TidyingLock } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>The connection goes back to the pool, where it would keep the lock for whoever rents it next.</summary>
    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        try
        {
            await LockAsync(connection, ReleaseSql, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The connection is broken, and the lock went with it.
        }
    }

    private readonly record struct Epoch(string Group, string Topic, int Partition, int Number);
}
