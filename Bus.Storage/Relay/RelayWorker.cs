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

        try
        {
            await ExecuteAsync(connection, $"LISTEN {Outbox.Outbox.Channel}", cancellationToken).ConfigureAwait(false);
            Log.RelayStarted(logger, target.Name);
            while (true)
            {
                bell.Wake();
                var sent = await RunOnceAsync(connection, cancellationToken).ConfigureAwait(false);
                state.Sent(sent);
                if (sent == 0 && bell.Doze())
                {
                    await connection.WaitAsync(_options.PollInterval, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            bell.Doze();
            await ReleaseAsync(connection).ConfigureAwait(false);
        }
    }

    private static async Task<bool> AcquireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var acquire = new NpgsqlCommand(AcquireSql, connection) { Parameters = { new() { Value = RelayLock } } };
        return (bool)(await acquire.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>The connection goes back to the pool, where it would keep the right for whoever rents it next.</summary>
    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        try
        {
            await ExecuteAsync(connection, "SELECT pg_advisory_unlock_all(); UNLISTEN *", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The connection is broken, and the right went with it.
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One bounded pass; returns how many events were confirmed and have left the outbox.</summary>
    private async Task<int> RunOnceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var events = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        if (events.Count == 0)
        {
            return 0;
        }

        Failpoint.Hit("outbox_claimed");
        var confirmed = new List<long>(events.Count);
        var complete = true;
        try
        {
            foreach (var wave in Waves(events))
            {
                if (confirmed.Count > 0)
                {
                    // Sending a wave can take long. Whoever lost the right meanwhile stops here, before the next version of any key.
                    await ExecuteAsync(connection, "SELECT 1", cancellationToken).ConfigureAwait(false);
                }

                var taken = await target.SendAsync(wave, cancellationToken).ConfigureAwait(false);
                Failpoint.Hit("outbox_after_send");
                confirmed.AddRange(taken.Select(sent => sent.Id));
                if (taken.Count < wave.Count)
                {
                    complete = false;
                    break;
                }
            }
        }
        finally
        {
            // What was confirmed is marked even when a later wave broke: it would only be sent again.
            await MarkAsync(connection, confirmed, CancellationToken.None).ConfigureAwait(false);
        }

        return complete
            ? confirmed.Count
            : throw new RelayException($"{target.Name} did not confirm {events.Count - confirmed.Count} of {events.Count} events; they are sent again.");
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

    private async Task<List<OutboxEvent>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadSql, connection)
        {
            Parameters = { new() { Value = _options.BatchEvents }, new() { Value = _options.BatchBytes } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var events = new List<OutboxEvent>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            events.Add(new OutboxEvent(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.GetInt64(2),
                reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4),
                reader.GetDateTime(5),
                reader.IsDBNull(6) ? null : reader.GetString(6)));
        }

        return events;
    }

    private static async Task MarkAsync(NpgsqlConnection connection, List<long> ids, CancellationToken cancellationToken)
    {
        if (ids.Count > 0)
        {
            Failpoint.Hit("outbox_before_mark");
            await using var command = new NpgsqlCommand("DELETE FROM outbox WHERE id = ANY ($1)", connection) { Parameters = { new() { Value = ids } } };
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>The target left events unconfirmed.</summary>
internal sealed class RelayException(string message) : Exception(message);
