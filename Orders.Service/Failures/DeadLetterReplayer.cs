using Bus.Storage.DeadLetters;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Failpoints;
using Npgsql;

namespace Orders.Service.Failures;

/// <summary>
/// Replays a dead letter under its lock, never through the topic. Where it blocks its order, the records parked behind it follow.
/// </summary>
internal sealed class DeadLetterReplayer(
    NpgsqlDataSource database, KeptRecordIngest ingest, OutboxBell bell, ILogger<DeadLetterReplayer> logger) : IDeadLetterReplay
{
    /// <summary>How often a replay that met a transient failure is tried.</summary>
    private const int Tries = 4;

    public async Task<ReplayResult> ReplayAsync(long deadLetterId, string actor, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await ReplayOnceAsync(deadLetterId, actor, cancellationToken);
                Log.Replayed(logger, deadLetterId, actor, result.Status, result.Outcome);
                return result;
            }
            catch (Exception exception) when (attempt < Tries && FailurePolicy.ClassOf(exception) == FailureClass.Transient)
            {
                Log.ReplayTriedAgain(logger, exception, deadLetterId);
            }
        }
    }

    private async Task<ReplayResult> ReplayOnceAsync(long id, string actor, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The key before the letter, as the redelivery does.
        var blocked = await KeyParking.LockBehindAsync(connection, transaction, id, cancellationToken);
        var letter = await DeadLetterStore.LockAsync(connection, transaction, id, cancellationToken);
        if (letter is null)
        {
            return new ReplayResult(ReplayStatus.NotFound, null, $"There is no dead letter {id}.");
        }

        if (letter.State != DeadLetterStates.Dead)
        {
            return new ReplayResult(
                ReplayStatus.Conflict, null, $"Dead letter {id} is {letter.State}; only a dead one can be replayed. Nothing was changed.");
        }

        var trial = await ingest.TryAsync(transaction, letter, cancellationToken);
        List<NpgsqlBatchCommand> commands =
        [
            DeadLetterStore.AddAttempt(id, trial.Word, trial.Why?.Reason, trial.Why?.Sentence, actor),
            trial.Why?.Mark(id, DeadLetterStates.Dead) ?? DeadLetterStore.Resolve(id),
        ];
        if (trial.IsFinal && blocked is not null)
        {
            commands.Add(KeyParking.Release(blocked));
        }

        await KeptRecordIngest.WriteAsync(transaction, commands, cancellationToken);
        Failpoint.Hit("replay_after_mark");
        await transaction.CommitAsync(cancellationToken);
        bell.Ring();
        return trial.Why is { } why
            ? new ReplayResult(ReplayStatus.StillDead, trial.Word, $"Refused again ({why.Reason}): {why.Sentence}")
            : new ReplayResult(ReplayStatus.Resolved, trial.Word, $"Dead letter {id} is resolved: the record was accounted for as {trial.Word}.");
    }
}
