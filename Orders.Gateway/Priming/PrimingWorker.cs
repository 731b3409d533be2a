using System.Globalization;
using System.Text;
using Bus.Caching;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Orders.Gateway.Following;
using Orders.Gateway.Reading;

namespace Orders.Gateway.Priming;

/// <summary>
/// Starts the cache without a gap: once the ends of the events are noted, it streams the newest orders into L1 while events are applied
/// already, and then lets readiness go true. An event beats a primed order, whichever comes first, by its version.
/// </summary>
internal sealed class PrimingWorker(
    OrderEventsHandler events,
    TieredCache cache,
    [FromKeyedServices(ReadingRegistration.Patient)] NpgsqlDataSource database,
    Readiness readiness,
    IOptions<CacheOptions> options,
    TimeProvider time,
    ILogger<PrimingWorker> logger) : BackgroundService
{
    // No order with its overhead is smaller; the database need not sort more than can ever fit.
    private const int SmallestEntryBytes = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly CompositeFormat Sql = CompositeFormat.Parse(ReadSql("prime.sql"));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await events.Begun.WaitAsync(stoppingToken);
        readiness.WaitsFor = "the cache is being primed";
        var shared = cache.KeepSharedOpenAsync(stoppingToken);
        while (!readiness.IsReady)
        {
            try
            {
                var began = time.GetTimestamp();
                // The export is read without waiting asynchronously per field, so it gets a thread of its own.
                var orders = await Task.Factory.StartNew(
                    () => RunOnce(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                readiness.WaitsFor = null;
                Log.Primed(logger, orders, cache.LocalBytes, time.GetElapsedTime(began).TotalSeconds);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.PrimingFailed(logger, Pause, exception.Message);
                readiness.WaitsFor = "the cache cannot be primed, because Postgres does not answer";
                await Task.Delay(Pause, time, stoppingToken);
            }
        }

        await shared;
    }

    /// <summary>One pass over the snapshot, newest first, until L1 is full. Returns how many orders were read.</summary>
    private int RunOnce(CancellationToken cancellationToken)
    {
        // A connection of its own, which ends with the pass and its settings with it.
        using var connection = database.OpenConnection();
        using (var limits = new NpgsqlCommand("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0", connection))
        {
            limits.ExecuteNonQuery();
        }

        var most = Math.Max(1, options.Value.MaxBytes / SmallestEntryBytes);

        // The answer comes with the first row, after the sort: asynchronously, so that a stop ends the wait.
        var sql = string.Format(CultureInfo.InvariantCulture, Sql, most);
        using var export = connection.BeginBinaryExportAsync(sql, cancellationToken).GetAwaiter().GetResult();
        using var cancel = cancellationToken.Register(export.Cancel);
        var orders = 0;
        while (export.StartRow() > 0)
        {
            var uid = export.Read<string>(NpgsqlDbType.Text);
            var version = export.Read<long>(NpgsqlDbType.Bigint);
            var content = export.Read<byte[]>(NpgsqlDbType.Bytea);
            if (!cache.TryPrime(uid, new CachedValue(version, content)))
            {
                export.Cancel();
                break;
            }

            orders++;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return orders;
    }

    private static string ReadSql(string name)
    {
        using var stream = typeof(PrimingWorker).Assembly.GetManifestResourceStream($"Orders.Gateway.Priming.{name}")
            ?? throw new InvalidOperationException($"The SQL resource '{name}' is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
