using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Bus.Storage.Starts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Failures;

/// <summary>
/// Sends records whose time has come through ingest again, one transaction each; one that succeeds takes those parked behind it along, as many as
/// fit. The key's row is locked meanwhile: no other instance works on it, and ingest appends nothing in between. Where a process ended over such a
/// line, its records go alone, each marked before it is looked into; the one that is found marked after another end is not tried any more.
/// </summary>
internal sealed class RedeliveryWorker(
    NpgsqlDataSource database,
    KeptRecordIngest ingest,
    Turns turns,
    OutboxBell bell,
    IOptions<FailuresOptions> options,
    TimeProvider time,
    ILogger<RedeliveryWorker> logger)
    : BackgroundService
{
    private const int MostFollowers = 256;
    private const long MostBytes = 4 << 20;

    /// <summary>How long it may take to say that an attempt ended, where the world is broken or this process stops.</summary>
    private static readonly TimeSpan SayingPatience = TimeSpan.FromSeconds(2);

    private readonly Guid _owner = Guid.NewGuid();

    /// <summary>How many are taken along; fewer after they failed together, so that the one it is for comes to the head soon.</summary>
    private int _followers = MostFollowers;

    /// <summary>How many go alone before others are taken along again; 0 in normal life.</summary>
    private int _alone;

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
        var isSearch = _alone > 0;
        if (isSearch)
        {
            turns.BeginSearch();
        }

        try
        {
            var isDue = false;
            await turns.RunAsync(async _ => isDue = await RunOnceAsync(isSearch, cancellationToken), cancellationToken);
            return isDue;
        }
        finally
        {
            if (isSearch)
            {
                turns.EndSearch();
            }
        }
    }

    private async Task<bool> RunOnceAsync(bool isAlone, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await KeyParking.TakeDueAsync(connection, transaction, cancellationToken) is not { } due)
        {
            _alone = 0;
            return false;
        }

        try
        {
            // Committed beside the transaction, whose lock on the key keeps others from taking a live attempt for one that crashed.
            var start = await PartitionStarts.AnnounceAsync(database, LineOf(due), epoch: 1, due.DeadLetterId, _owner, cancellationToken);
            var isSuspect = start.Suspect == due.DeadLetterId;
            if (start.Starts > 1 && !isAlone && !isSuspect)
            {
                // No more than this was in work when the process ended.
                _alone = MostFollowers + 1;
                Log.RedeliveredAlone(logger, due.DeadLetterId, _alone);
                return true;
            }

            if (isAlone && !isSuspect)
            {
                await PartitionStarts.MarkAloneAsync(database, LineOf(due), _owner, due.DeadLetterId, cancellationToken);
            }

            await RedeliverAsync(transaction, due, isAlone, isSuspect, cancellationToken);
        }
        catch (Exception)
        {
            await PutBehindOthersAsync(transaction, due);
            throw;
        }

        bell.Ring();
        return true;
    }

    /// <summary>What a process that works on a key's line is entered under; no topic has such a name.</summary>
    private static InboxPartition LineOf(DueKey due) => new(due.Key, "#redelivery", 0);

    private async Task RedeliverAsync(NpgsqlTransaction transaction, DueKey due, bool isAlone, bool isSuspect, CancellationToken cancellationToken)
    {
        var letter = await DeadLetterStore.LockAsync(transaction.Connection!, transaction, due.DeadLetterId, cancellationToken)
            ?? throw new InvalidOperationException($"Dead letter {due.DeadLetterId}, which blocks an order, is gone.");
        var commands = letter.State != DeadLetterStates.Redelivering ? [KeyParking.Release(due.Key)]
            : isSuspect ? Blame(due)
            : await TryAsync(transaction, due, letter, isAlone, cancellationToken);
        await KeptRecordIngest.WriteAsync(transaction, [.. commands, PartitionStarts.End(LineOf(due), _owner)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _alone = Math.Max(0, _alone - 1);
    }

    /// <summary>Its order waits for an operator, as it does for one that was redelivered in vain.</summary>
    private List<NpgsqlBatchCommand> Blame(DueKey due)
    {
        Log.RedeliverySuspected(logger, due.DeadLetterId);
        return [.. Fail(due.DeadLetterId, DeadLetterStates.Dead, FailureText.Suspected), KeyParking.Delay(due.Key, due: null)];
    }

    /// <summary>What could not even be tried, such as an order that somebody else has locked, must not be the first one due for ever. No crash: this process lives.</summary>
    private async Task PutBehindOthersAsync(NpgsqlTransaction transaction, DueKey due)
    {
        using var patience = new CancellationTokenSource(SayingPatience, time);
        try
        {
            await transaction.RollbackAsync(patience.Token);
            await using var batch = database.CreateBatch();
            batch.BatchCommands.Add(KeyParking.Postpone(due, options.Value.PollInterval));
            batch.BatchCommands.Add(PartitionStarts.End(LineOf(due), _owner));
            await batch.ExecuteNonQueryAsync(patience.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or TimeoutException or OperationCanceledException)
        {
            // The world is broken, and everybody's turn comes when it is mended.
        }
    }

    private async Task<List<NpgsqlBatchCommand>> TryAsync(
        NpgsqlTransaction transaction, DueKey due, LockedDeadLetter letter, bool isAlone, CancellationToken cancellationToken)
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
            .. isAlone ? [] : await FollowAsync(transaction, due, cancellationToken),
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
