using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Bus.Storage.Outbox;

/// <summary>
/// Wakes the relay after a commit that left events behind. A NOTIFY inside the transaction would do, but all transactions that notify
/// commit one behind the other, each waiting for the disk alone; beside them, one notification serves every commit since the last one,
/// and a relay in this process that is at work already needs none. One that is lost costs no more than the relay's poll interval.
/// </summary>
public sealed class OutboxBell(NpgsqlDataSource database) : BackgroundService
{
    private readonly SemaphoreSlim _rung = new(0, 1);
    private int _news;
    private volatile bool _isAwake;

    /// <summary>Call it after the commit.</summary>
    public void Ring()
    {
        // In this order, and Doze in the other: one of the two always sees the other.
        Interlocked.Exchange(ref _news, 1);
        if (!_isAwake && _rung.CurrentCount == 0)
        {
            try
            {
                _rung.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else rang in the same moment.
            }
        }
    }

    /// <summary>This process's relay is about to look for events.</summary>
    internal void Wake()
    {
        _isAwake = true;
        Interlocked.Exchange(ref _news, 0);
    }

    /// <summary>It found none, or gave up relaying; true when it may wait for a notification, false when there was news since it looked.</summary>
    internal bool Doze()
    {
        _isAwake = false;
        return Interlocked.Exchange(ref _news, 0) == 0;
    }

    public override void Dispose()
    {
        base.Dispose();
        _rung.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _rung.WaitAsync(stoppingToken).ConfigureAwait(false);
            try
            {
                await using var notify = database.CreateCommand($"NOTIFY {Outbox.Channel}");
                await notify.ExecuteNonQueryAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whoever listens has lost the same database, and looks at the table when it is back. Not only the driver's own exceptions come here: of
                // a host name that is not found in time it says TimeoutException.
            }
        }
    }
}
