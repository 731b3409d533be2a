using Bus.Kafka.Records;
using Bus.Storage.DeadLetters;
using Bus.Storage.Outbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Failures;

/// <summary>
/// Replays a dead letter under its lock: decoded by today's limits, folded with its original position and time, never through the topic.
/// A newer record that was stored meanwhile wins, as it would have then.
/// </summary>
internal sealed class DeadLetterReplayer(
    IDbContextFactory<OrdersDbContext> contexts, RecordDecoder decoder, OutboxBell bell, ILogger<DeadLetterReplayer> logger) : IDeadLetterReplay
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
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var database = (NpgsqlTransaction)transaction.GetDbTransaction();
        var letter = await DeadLetterStore.LockAsync(database.Connection!, database, id, cancellationToken);
        if (letter is null)
        {
            return new ReplayResult(ReplayStatus.NotFound, null, $"There is no dead letter {id}.");
        }

        if (letter.State != DeadLetterStates.Dead)
        {
            return new ReplayResult(
                ReplayStatus.Conflict, null, $"Dead letter {id} is {letter.State}; only a dead one can be replayed. Nothing was changed.");
        }

        var decoded = decoder.Decode(letter.Epoch, letter.Partition, [ToRecord(letter)])[0];
        if (decoded.Refusal is { } refusal)
        {
            await WriteAsync(database, [DeadLetterStore.AddReplay(id, Word(Outcome.Dead), refusal.Reason, refusal.Sentence, actor)], cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new ReplayResult(ReplayStatus.StillDead, Word(Outcome.Dead), $"Refused again ({refusal.Reason}): {refusal.Sentence}");
        }

        var outcome = await StoreAsync(database, id, decoded, actor, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        bell.Ring();
        return new ReplayResult(ReplayStatus.Resolved, Word(outcome), $"Dead letter {id} is resolved: the record was accounted for as {Word(outcome)}.");
    }

    /// <summary>The effect, its event and the state of the dead letter, in the caller's transaction.</summary>
    private static async Task<Outcome> StoreAsync(
        NpgsqlTransaction transaction, long id, DecodedRecord decoded, string actor, CancellationToken cancellationToken)
    {
        var outcome = decoded.Outcome;
        var orders = OrderStore.Write([]);
        List<NpgsqlBatchCommand> commands = [];
        if (decoded.Change is { } change)
        {
            var fold = new OrderFold(await LockAsync(transaction, change.Uid, cancellationToken));
            outcome = fold.Apply(change);
            orders = OrderStore.Write(fold.Rows);
            if (fold.Events.Count > 0)
            {
                commands.Add(Outbox.Append(fold.Events));
            }
        }

        commands.Add(DeadLetterStore.AddReplay(id, Word(outcome), reason: null, sentence: null, actor));
        commands.Add(DeadLetterStore.Resolve(id));
        await WriteAsync(transaction, [.. orders.Commands, .. commands], cancellationToken);
        orders.EnsureComplete();
        return outcome;
    }

    private static async Task<Dictionary<string, OrderRow>> LockAsync(NpgsqlTransaction transaction, string uid, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { OrderStore.Lock([uid]) } };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        return await OrderStore.ReadAsync(reader, cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlTransaction transaction, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        await using var write = new NpgsqlBatch(transaction.Connection, transaction);
        foreach (var command in commands)
        {
            write.BatchCommands.Add(command);
        }

        await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Record ToRecord(LockedDeadLetter letter) => new()
    {
        Offset = letter.Offset,
        Timestamp = letter.Timestamp,
        Key = letter.Key,
        Value = letter.Value,
        Headers = [.. letter.HeaderNames.Zip(letter.HeaderValues, (name, value) => new RecordHeader(name, value))],
    };

    private static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
