using Bus.Storage.DeadLetters;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Failures;

/// <summary>
/// Sends records whose time has come through ingest again, and after them those parked behind, one transaction each. The order's row is
/// locked meanwhile: no other instance works on it, and ingest appends nothing in between.
/// </summary>
internal sealed class RedeliveryWorker(
    NpgsqlDataSource database,
    KeptRecordIngest ingest,
    OutboxBell bell,
    IOptions<FailuresOptions> options,
    TimeProvider time,
    ILogger<RedeliveryWorker> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await RunOnceAsync(stoppingToken))
                {
                    // The next one that is due.
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RedeliveryFailed(logger, exception);
            }

            await Task.Delay(options.Value.PollInterval, time, stoppingToken);
        }
    }

    /// <summary>Tries the one that has been due longest; false when none is.</summary>
    internal async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await KeyParking.TakeDueAsync(connection, transaction, cancellationToken) is not { } due)
        {
            return false;
        }

        var letter = await DeadLetterStore.LockAsync(connection, transaction, due.DeadLetterId, cancellationToken)
            ?? throw new InvalidOperationException($"Dead letter {due.DeadLetterId}, which blocks an order, is gone.");
        var commands = letter.State == DeadLetterStates.Redelivering
            ? Finish(due, letter, await ingest.TryAsync(transaction, letter, cancellationToken))
            : [KeyParking.Release(due.Key)];
        await KeptRecordIngest.WriteAsync(transaction, commands, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        bell.Ring();
        return true;
    }

    private List<NpgsqlBatchCommand> Finish(DueKey due, LockedDeadLetter letter, Trial trial)
    {
        var id = due.DeadLetterId;
        if (trial.Why is not { } why)
        {
            Log.Redelivered(logger, id, trial.Outcome);
            return [DeadLetterStore.AddAttempt(id, trial.Word, null, null, actor: null), DeadLetterStore.Resolve(id), KeyParking.Release(due.Key)];
        }

        // A final refusal blocks nobody; what may pass is tried again, and once that was often enough its order waits for an operator.
        var next = trial.IsFinal ? null : options.Value.RedeliveryAfter(letter.Redeliveries + 1);
        var state = next is null ? DeadLetterStates.Dead : DeadLetterStates.Redelivering;
        Log.StillFailing(logger, id, letter.Redeliveries + 1, state, why.Reason);
        return
        [
            DeadLetterStore.AddAttempt(id, state, why.Reason, why.Sentence, actor: null),
            DeadLetterStore.Fail(id, state, why.Reason, why.Sentence, why.Exception.Length == 0 ? null : why.Exception),
            trial.IsFinal ? KeyParking.Release(due.Key) : KeyParking.Delay(due.Key, next),
        ];
    }
}
