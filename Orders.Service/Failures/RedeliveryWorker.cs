using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Failures;

/// <summary>
/// Sends records whose time has come through ingest again, one transaction each; one that succeeds takes those parked behind it along, as many as
/// fit. The key's row is locked meanwhile: no other instance works on it, and ingest appends nothing in between. After a process ended over such a line
/// its records go alone; one that a process ended over too often is dead.
/// </summary>
internal sealed class RedeliveryWorker(
    NpgsqlDataSource database,
    KeptRecordIngest ingest,
    CrashCount crashes,
    OutboxBell bell,
    IOptions<FailuresOptions> options,
    TimeProvider time,
    ILogger<RedeliveryWorker> logger)
    : BackgroundService
{
    private const int MostFollowers = 256;
    private const long MostBytes = 4 << 20;

    /// <summary>How many are taken along; fewer after they failed together, so that the one it is for comes to the head soon.</summary>
    private int _followers = MostFollowers;

    /// <summary>The keys whose line a process ended over.</summary>
    private readonly HashSet<string> _alone = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Type? told = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await RunOnceAsync(stoppingToken))
                {
                    // The next one that is due.
                }

                told = null;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (told != exception.GetType())
                {
                    Log.RedeliveryFailed(logger, exception);
                }

                told = exception.GetType();
            }

            await Task.Delay(options.Value.PollInterval, time, stoppingToken);
        }
    }

    /// <summary>Tries the one that has been due longest, and those behind it; false when none is.</summary>
    internal async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await KeyParking.TakeDueAsync(connection, transaction, cancellationToken) is not { } due)
        {
            return false;
        }

        try
        {
            // Committed beside the transaction, whose lock on the key keeps others from taking a live attempt for one that crashed.
            var ended = await crashes.BeginAsync(LineOf(due), epoch: 1, due.DeadLetterId, cancellationToken);
            if (ended > 0 && _alone.Add(due.Key))
            {
                Log.RedeliveredAlone(logger, due.DeadLetterId);
            }

            await RedeliverAsync(transaction, due, ended, cancellationToken);
        }
        catch (Exception)
        {
            await crashes.WithdrawAsync(LineOf(due));
            if (!cancellationToken.IsCancellationRequested)
            {
                await PutBehindOthersAsync(transaction, due, cancellationToken);
            }

            throw;
        }

        bell.Ring();
        return true;
    }

    /// <summary>A key's line; what is worked on first is the dead letter at its head.</summary>
    private static InboxPartition LineOf(DueKey due) => new(due.Key, "#redelivery", 0);

    /// <param name="transaction">It holds the key's row.</param>
    /// <param name="due">The line.</param>
    /// <param name="ended">How often a process ended over it with this head, the last times over the head alone.</param>
    /// <param name="cancellationToken">Ends the attempt; nothing of it stays.</param>
    private async Task RedeliverAsync(NpgsqlTransaction transaction, DueKey due, int ended, CancellationToken cancellationToken)
    {
        var letter = await DeadLetterStore.LockAsync(transaction.Connection!, transaction, due.DeadLetterId, cancellationToken)
            ?? throw new InvalidOperationException($"Dead letter {due.DeadLetterId}, which blocks an order, is gone.");
        var commands = letter.State != DeadLetterStates.Redelivering ? [KeyParking.Release(due.Key)]
            : ended > options.Value.UncleanStarts ? Suspect(due, ended)
            : await TryAsync(transaction, due, letter, cancellationToken);
        await KeptRecordIngest.WriteAsync(transaction, [.. commands, crashes.End(LineOf(due))], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Its order waits for an operator, as it does for one that was redelivered in vain.</summary>
    private List<NpgsqlBatchCommand> Suspect(DueKey due, int ended)
    {
        Log.RedeliverySuspected(logger, due.DeadLetterId, ended);
        return [.. Fail(due.DeadLetterId, DeadLetterStates.Dead, FailureText.Suspected), KeyParking.Delay(due.Key, due: null)];
    }

    /// <summary>What could not even be tried, such as an order that somebody else has locked, must not be the first one due for ever.</summary>
    private async Task PutBehindOthersAsync(NpgsqlTransaction transaction, DueKey due, CancellationToken cancellationToken)
    {
        try
        {
            // Rolls back; where the session was ended, which a rollback would throw for, there is nothing left to roll back.
            await transaction.DisposeAsync();
            await using var batch = database.CreateBatch();
            batch.BatchCommands.Add(KeyParking.Postpone(due, options.Value.PollInterval));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            // The world is broken, and everybody's turn comes when it is mended.
        }
    }

    private async Task<List<NpgsqlBatchCommand>> TryAsync(
        NpgsqlTransaction transaction, DueKey due, LockedDeadLetter letter, CancellationToken cancellationToken)
    {
        var trial = await ingest.TryAsync(transaction, letter, cancellationToken);
        if (trial.Why is { } why)
        {
            return Delay(due, letter, trial, why);
        }

        Log.Redelivered(logger, due.DeadLetterId, trial.Outcome);
        return
        [
            DeadLetterStore.Resolve([due.DeadLetterId], [trial.Word]),
            .. _alone.Contains(due.Key) ? [] : await FollowAsync(transaction, due, cancellationToken),
            KeyParking.Release(due.Key),
        ];
    }

    /// <summary>Takes along the first ones in line. Where they fail together, the first comes to the head by itself, and fewer are taken next time.</summary>
    private async Task<List<NpgsqlBatchCommand>> FollowAsync(NpgsqlTransaction transaction, DueKey due, CancellationToken cancellationToken)
    {
        var most = _followers;
        _followers = Math.Clamp(most * 2, 1, MostFollowers);
        var followers = most == 0
            ? []
            : await KeyParking.ReadFollowersAsync(transaction.Connection!, transaction, due.Key, most, MostBytes, cancellationToken);
        if (followers.Count == 0)
        {
            return [];
        }

        if (await ingest.TryAllAsync(transaction, [.. followers.Select(follower => follower.Letter)], cancellationToken) is not { } trials)
        {
            _followers = followers.Count / 2;
            return [];
        }

        var tried = followers.Zip(trials).ToList();
        var resolved = tried.FindAll(follower => follower.Second.Why is null);
        Log.Followed(logger, due.DeadLetterId, resolved.Count, tried.Count - resolved.Count);
        return
        [
            DeadLetterStore.Resolve([.. resolved.Select(follower => follower.First.DeadLetterId)], [.. resolved.Select(follower => follower.Second.Word)]),
            .. tried.Where(follower => follower.Second.Why is not null).SelectMany(follower =>
                Fail(follower.First.DeadLetterId, DeadLetterStates.Dead, follower.Second.Why!)),
        ];
    }

    private List<NpgsqlBatchCommand> Delay(DueKey due, LockedDeadLetter letter, Trial trial, FailureText why)
    {
        // A final refusal blocks nobody; what may pass is tried again, and once that was often enough its order waits for an operator.
        var next = trial.IsFinal ? null : options.Value.RedeliveryAfter(letter.Redeliveries + 1);
        var state = next is null ? DeadLetterStates.Dead : DeadLetterStates.Redelivering;
        Log.StillFailing(logger, due.DeadLetterId, letter.Redeliveries + 1, state, why.Reason);
        return [.. Fail(due.DeadLetterId, state, why), trial.IsFinal ? KeyParking.Release(due.Key) : KeyParking.Delay(due.Key, next)];
    }

    private static NpgsqlBatchCommand[] Fail(long id, string state, FailureText why) =>
    [
        DeadLetterStore.AddAttempt(id, state, why.Reason, why.Sentence, actor: null), why.Mark(id, state),
    ];
}
