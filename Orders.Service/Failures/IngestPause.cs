using Bus.Storage.Pausing;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Operations;

namespace Orders.Service.Failures;

/// <summary>
/// Pauses and resumes ingest for every instance, through the database. Each instance looks there every second and keeps its gate accordingly;
/// what the brake asks for is written by the instance that noticed. Whoever asks that often also knows first that nobody answers any more: a server that
/// hangs fails no statement for half a minute.
/// </summary>
internal sealed class IngestPause(NpgsqlDataSource database, IngestGate gate, Brake brake, TimeProvider time, ILogger<IngestPause> logger)
    : BackgroundService, IReadinessCheck
{
    /// <summary>Who pauses when nobody does.</summary>
    public const string BrakeActor = "brake";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>After this long without an answer the database counts as gone.</summary>
    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(3.5);
    private readonly SemaphoreSlim _one = new(1);
    private volatile PausedTopic? _current;
    private bool _isTold;

    /// <summary>When the database last said whether ingest is paused; 0 before its first answer, which the gate waits for.</summary>
    private long _answeredAt;

    /// <summary>The pause as last read; null while ingest runs.</summary>
    public PausedTopic? Current => _current;

    public string Name => "postgres";

    public string? WhyNotReady()
    {
        var answered = Volatile.Read(ref _answeredAt);
        var silent = time.GetElapsedTime(answered);
        return answered != 0 && silent > SilentAfter ? $"has not answered for {silent.TotalSeconds:0} s" : null;
    }

    /// <summary>Pauses; false where it was paused already.</summary>
    public async Task<bool> PauseAsync(string actor, string reason, CancellationToken cancellationToken)
    {
        var isNew = await TopicPause.PauseAsync(database, Topics.Orders, actor, reason, cancellationToken);
        await RunOnceAsync(cancellationToken);
        return isNew;
    }

    /// <summary>Resumes; false where it was not paused.</summary>
    public async Task<bool> ResumeAsync(string actor, string reason, CancellationToken cancellationToken)
    {
        brake.Reset();
        var wasPaused = await TopicPause.ResumeAsync(database, Topics.Orders, actor, reason, cancellationToken);
        await RunOnceAsync(cancellationToken);
        return wasPaused;
    }

    /// <summary>Writes what the brake asks for, reads what holds, and keeps the gate accordingly.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_current is null && brake.Tripped is { } why)
            {
                gate.Pause($"is paused by the brake: {why}");
                await TopicPause.PauseAsync(database, Topics.Orders, BrakeActor, why, cancellationToken);
            }

            var found = await TopicPause.FindAsync(database, Topics.Orders, cancellationToken);
            Volatile.Write(ref _answeredAt, time.GetTimestamp());
            if (_current is not null && found is null)
            {
                brake.Reset();
                Log.Resumed(logger);
            }
            else if (_current is null && found is not null)
            {
                Log.Paused(logger, found.Actor, found.Reason);
            }

            _current = found;
            gate.Pause(found is null ? null : $"is paused since {found.Since:u} by {found.Actor}: {found.Reason}; bus resume lets it go on");
        }
        finally
        {
            _one.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                _isTold = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isTold)
                {
                    Log.PauseUnknown(logger, exception);
                }

                _isTold = true;
            }

            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }
}
