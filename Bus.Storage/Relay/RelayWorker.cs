using Bus.Storage.Outbox;
using Failpoints;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bus.Storage.Relay;

/// <summary>
/// Carries outbox events to the target, one instance at a time. An event leaves the outbox after the target confirmed it, and no
/// event of a key is sent before the one ahead of it was confirmed: a crash or a second sender can only repeat events, never reorder them.
/// </summary>
internal sealed class RelayWorker(
    NpgsqlDataSource database,
    IRelayTarget target,
    OutboxBell bell,
    RelayState state,
    IOptions<RelayOptions> options,
    TimeProvider time,
    ILogger<RelayWorker> logger)
    : BackgroundService
{
    /// <summary>Any number, the same in every instance: whoever holds this advisory lock relays.</summary>
    private const long RelayLock = 0x0B05_5EED_0001;

    // Advisory locks belong to the whole database; another installation in another schema of it has a relay of its own.
    private const string AcquireSql = "SELECT pg_try_advisory_lock(hashtextextended(current_schema(), $1))";

    // The outbox is empty or about to be whenever statistics are taken, and full of rows that vacuum has yet to remove: a plan that reads
    // the whole table would look right to the planner and cost more with every event. And what was confirmed need not be gone from the
    // disk before the next pass: a crash of the database that brings it back only repeats it.
    // A machine that vanishes says no goodbye: without the rest its session, and the right to relay with it, would live on for minutes to hours.
    private const string SettingsSql = "SET enable_seqscan = off; SET synchronous_commit = off; "
        + "SET tcp_user_timeout = '10s'; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";

    /// <summary>How often the outbox is read from its very beginning again, whatever was seen: an id that was given twice is found then.</summary>
    private static readonly TimeSpan WholeLook = TimeSpan.FromMinutes(1);

    private static readonly string ReadSql = SqlText.Read("Relay.ReadEvents.sql");
    private readonly RelayOptions _options = options.Value;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.Enabled)
        {
            state.Standby();
            Log.RelayOff(logger, target.Name);
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RelayAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (state.Failed(exception))
                {
                    Log.RelayFailed(logger, exception, target.Name);
                }

                await Task.Delay(_options.BackOff, time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for the right to relay, then relays until something breaks; the right goes with the connection at the latest.</summary>
    private async Task RelayAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        while (!await AcquireAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            state.Standby();
            await Task.Delay(_options.PollInterval, time, cancellationToken).ConfigureAwait(false);
        }

        var pass = new RelayPass();
        var floor = new ReadFloor();
        var floorSince = time.GetTimestamp();
        try
        {
            await ExecuteAsync(connection, $"{SettingsSql}; LISTEN {Outbox.Outbox.Channel}", cancellationToken).ConfigureAwait(false);
            Log.RelayStarted(logger, target.Name);
            while (true)
            {
                bell.Wake();
                if (time.GetElapsedTime(floorSince) > WholeLook)
                {
                    (floor, floorSince) = (new ReadFloor(), time.GetTimestamp());
                }

                var sent = pass.ConfirmedEvents;
                pass = await RemoveAndReadAsync(connection, pass, floor, cancellationToken).ConfigureAwait(false);
                if (sent > 0 || pass.Events.Count == 0)
                {
                    // A target that fails is not well again because the table could be read.
                    state.Sent(sent);
                }

                if (pass.Events.Count > 0)
                {
                    await SendAsync(connection, pass, cancellationToken).ConfigureAwait(false);
                    if (pass.Events.Count < _options.BatchEvents / 2 && _options.Linger > TimeSpan.Zero)
                    {
                        await Task.Delay(_options.Linger, time, cancellationToken).ConfigureAwait(false);
                    }
                }
                else if (bell.Doze())
                {
                    await connection.WaitAsync(_options.PollInterval, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            bell.Doze();
            await ReleaseAsync(connection, pass).ConfigureAwait(false);
        }
    }

    private static async Task<bool> AcquireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var acquire = new NpgsqlCommand(AcquireSql, connection) { Parameters = { new() { Value = RelayLock } } };
        return (bool)(await acquire.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>
    /// What was confirmed goes even when a later wave, a read or a stop came between: it would only be sent again. The connection returns to
    /// the pool, where it would keep the right, and its settings, for whoever rents it next.
    /// </summary>
    private async Task ReleaseAsync(NpgsqlConnection connection, RelayPass pass)
    {
        try
        {
            if (pass.ConfirmedEvents > 0)
            {
                Failpoint.Hit("outbox_before_mark");
                await using var remove = new NpgsqlBatch(connection);
                pass.Remove(remove);
                await remove.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The database is gone, or does not take anything just now.
        }

        try
        {
            await ExecuteAsync(connection, "SELECT pg_advisory_unlock_all(); UNLISTEN *; RESET ALL", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // Most likely it is broken, and the right went with it; if not, it is closed instead of returned.
            database.Clear();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a pass, which takes note of what the target confirmed, for the next read to remove.</summary>
    private async Task SendAsync(NpgsqlConnection connection, RelayPass pass, CancellationToken cancellationToken)
    {
        Failpoint.Hit("outbox_claimed");
        foreach (var wave in Waves(pass.Events))
        {
            if (pass.ConfirmedEvents > 0)
            {
                // Sending a wave can take long. Whoever lost the right meanwhile stops here, before the next version of any key.
                await ExecuteAsync(connection, "SELECT 1", cancellationToken).ConfigureAwait(false);
            }

            var taken = await target.SendAsync(wave, cancellationToken).ConfigureAwait(false);
            Failpoint.Hit("outbox_after_send");
            pass.Confirmed(taken);
            if (taken.Count < wave.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new RelayException(
                    $"{target.Name} did not confirm {pass.Events.Count - pass.ConfirmedEvents} of {pass.Events.Count} events; they are sent again.");
            }
        }
    }

    /// <summary>Splits events so that each wave holds at most one of a key, in order: the n-th of a key is in the n-th wave.</summary>
    internal static List<List<OutboxEvent>> Waves(IReadOnlyList<OutboxEvent> events)
    {
        var waves = new List<List<OutboxEvent>>();
        var seen = new Dictionary<string, int>(events.Count, StringComparer.Ordinal);
        foreach (var e in events)
        {
            var wave = seen.TryGetValue(e.Key, out var before) ? before : 0;
            seen[e.Key] = wave + 1;
            if (wave == waves.Count)
            {
                waves.Add([]);
            }

            waves[wave].Add(e);
        }

        return waves;
    }

    /// <summary>One round trip: what the pass before this one delivered goes, and the next events come, as many as a pass may hold.</summary>
    private async Task<RelayPass> RemoveAndReadAsync(NpgsqlConnection connection, RelayPass delivered, ReadFloor floor, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (delivered.ConfirmedEvents > 0)
        {
            Failpoint.Hit("outbox_before_mark");
            delivered.Remove(batch);
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(ReadSql)
        {
            Parameters = { new() { Value = _options.BatchEvents }, new() { Value = _options.BatchBytes }, new() { Value = floor.Id } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var pass = new RelayPass();
        var (oldest, own) = (0UL, 0UL);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (pass.Events.Count == 0)
            {
                (oldest, own) = (reader.GetFieldValue<ulong>(7), reader.GetFieldValue<ulong>(8));
            }

            pass.AddRow(
                reader.GetInt64(0),
                reader.GetDateTime(1),
                reader.GetFieldValue<string[]>(2),
                reader.GetFieldValue<long[]>(3),
                reader.GetFieldValue<string[]>(4),
                reader.GetFieldValue<byte[]?[]>(5),
                reader.GetFieldValue<string?[]>(6));
        }

        if (pass.Events.Count > 0)
        {
            floor.Read(oldest, own, pass.Events[0].Id, pass.Events[^1].Id);
        }

        return pass;
    }
}

/// <summary>The target left events unconfirmed.</summary>
internal sealed class RelayException(string message) : Exception(message);
