using Bus.Kafka.Records;
using Bus.Storage.DeadLetters;
using Bus.Storage.Outbox;
using Npgsql;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Failures;

/// <summary>
/// Sends kept records through ingest again, inside the caller's transaction: decoded by today's limits, folded with their original position and
/// time. A newer record that was stored meanwhile wins, as it would have then.
/// </summary>
internal sealed class KeptRecordIngest(RecordDecoder decoder)
{
    private const string Savepoint = "trial";

    /// <summary>
    /// What the record came to. A failure that has to do with it is an answer too, and leaves the transaction usable; a failure of the world is thrown.
    /// </summary>
    public async Task<Trial> TryAsync(NpgsqlTransaction transaction, LockedDeadLetter letter, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            return (await StoreAsync(transaction, [letter], cancellationToken))[0];
        }
        catch (Exception exception) when (FailurePolicy.IsOfOneRecord(exception))
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            return new Trial(Outcome.Dead, FailureText.Of(exception), FailurePolicy.ClassOf(exception) == FailureClass.Data);
        }
    }

    /// <summary>
    /// What many records came to, folded one after the other. Null where they failed for one of them: nothing is left of the trial then, and whose
    /// fault it is shows when fewer are tried.
    /// </summary>
    public async Task<List<Trial>?> TryAllAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<LockedDeadLetter> letters, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            return await StoreAsync(transaction, letters, cancellationToken);
        }
        catch (Exception exception) when (FailurePolicy.IsOfOneRecord(exception))
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            return null;
        }
    }

    private async Task<List<Trial>> StoreAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<LockedDeadLetter> letters, CancellationToken cancellationToken)
    {
        var records = letters.Select(letter => decoder.Decode(letter.Epoch, letter.Partition, [ToRecord(letter)], letter.RecordedAt)[0]).ToList();
        var uids = DecodedRecord.Uids(records);
        var fold = new OrderFold(uids.Length == 0 ? [] : await LockAsync(transaction, uids, cancellationToken));
        var trials = records.ConvertAll(record => record.Refusal is { } refusal
            ? new Trial(Outcome.Dead, new FailureText(refusal), IsFinal: true)
            : new Trial(record.Change is { } change ? fold.Apply(change) : record.Outcome, Why: null, IsFinal: true));
        var orders = OrderStore.Write(fold.Rows);
        await orders.CopyAsync(transaction.Connection!, cancellationToken);
        await WriteAsync(transaction, [.. orders.Commands, .. Outbox.Append(fold.Events)], cancellationToken);
        orders.EnsureComplete();
        return trials;
    }

    private static async Task<Dictionary<string, OrderRow>> LockAsync(NpgsqlTransaction transaction, string[] uids, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { OrderStore.Lock(uids) } };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        return await OrderStore.ReadAsync(reader, cancellationToken);
    }

    /// <summary>Sends the commands in one round trip.</summary>
    public static async Task WriteAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        if (commands.Count == 0)
        {
            return;
        }

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
}

/// <summary>What a kept record came to.</summary>
/// <param name="Outcome">Its account; <see cref="Outcome.Dead"/> where it could not be stored.</param>
/// <param name="Why">Why not; null where it is accounted for.</param>
/// <param name="IsFinal">Whether trying the same bytes again by ourselves makes sense no longer.</param>
internal sealed record Trial(Outcome Outcome, FailureText? Why, bool IsFinal)
{
    /// <summary>The outcome as tables and answers spell it.</summary>
    public string Word => Outcome.ToString().ToLowerInvariant();
}
