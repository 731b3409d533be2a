using Bus.Kafka.Records;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Bus.Storage.Reprocessing;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Reprocessing;

/// <summary>
/// Runs a batch that was accounted for before through decoder and fold again, in one transaction with the job's progress. Watermark and inbox stay as
/// they are, and are not locked. A record that is kept as a dead letter is left to its replay, one whose order is parked to its queue: both are counted
/// and nothing is written. What cannot be stored now becomes a dead letter, unless there is one of it.
/// </summary>
internal sealed class ReprocessIngest(RecordDecoder decoder, OutboxBell bell)
{
    /// <exception cref="ReprocessEndedException">The log is another one, or the job was ended.</exception>
    public async Task RunAsync(
        NpgsqlConnection connection, ReprocessJob job, OffsetRange range, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        while (!await TryAsync(connection, job, range, batch, cancellationToken))
        {
            // A dead letter of the batch was resolved beside it, and the order it stored is to be seen.
        }
    }

    private async Task<bool> TryAsync(
        NpgsqlConnection connection, ReprocessJob job, OffsetRange range, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // What is kept is not even looked into: a record that ended the process may be among it.
        var kept = await KeptAsync(transaction, batch, cancellationToken);
        var records = decoder.Decode(batch.Epoch, batch.Partition, [.. batch.Records.Where(record => !kept.ContainsKey(record.Offset))]);
        var (blocked, still, rows) = await LockAsync(transaction, batch, DecodedRecord.Uids(records), cancellationToken);
        if (kept.Keys.Any(offset => !still.ContainsKey(offset)))
        {
            return false;
        }

        var counts = new OutcomeCounts { Absent = batch.Absent };
        foreach (var record in batch.Records)
        {
            if (kept.TryGetValue(record.Offset, out var state))
            {
                BatchAccount.Count(ref counts, IsInQueue(state) ? Outcome.Parked : Outcome.Dead);
            }
        }

        var fold = new OrderFold(rows);
        var letters = new List<NpgsqlBatchCommand>();
        foreach (var record in records)
        {
            if (record.Change is { } change)
            {
                var outcome = blocked?.Contains(change.Uid) == true ? Outcome.Parked : job.Forced ? fold.Force(change, range.Next) : fold.Apply(change);
                BatchAccount.Count(ref counts, outcome);
            }
            else
            {
                BatchAccount.Count(ref counts, record.Outcome);
                if (record.Refusal is { } refusal)
                {
                    var letter = BatchAccount.ToDeadLetter(batch, record.Record, refusal.Reason, refusal.Sentence);
                    letters.Add(Reprocesses.Keep(letter with { JsonPath = refusal.JsonPath, BytePosition = refusal.BytePosition }));
                }
            }
        }

        await WriteAsync(transaction, job, batch, fold, letters, counts, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (fold.Events.Count > 0)
        {
            bell.Ring();
        }

        return true;
    }

    /// <summary>
    /// Keeps the one record of the batch, which failed alone or ended a process, as a dead letter that blocks nobody: its order has a later state.
    /// </summary>
    public static async Task KeepAsync(
        NpgsqlConnection connection, ReprocessJob job, RecordBatch<OrderReceived> alone, FailureText why, CancellationToken cancellationToken)
    {
        var letter = BatchAccount.ToDeadLetter(alone, alone.Records[0], why.Reason, why.Sentence) with
        {
            Exception = why.Exception.Length == 0 ? null : why.Exception,
        };
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(transaction, alone, [], cancellationToken);
        var counts = new OutcomeCounts { Dead = 1, Absent = alone.Absent };
        await WriteAsync(transaction, job, alone, new OrderFold([]), [Reprocesses.Keep(letter)], counts, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static bool IsInQueue(string state) => state is DeadLetterStates.Parked or DeadLetterStates.Redelivering;

    /// <summary>The offsets of the batch that are dead letters, with their state.</summary>
    private static async Task<Dictionary<long, string>> KeptAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { KeptIn(batch) } };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        return await ReadKeptAsync(reader, cancellationToken);
    }

    private static NpgsqlBatchCommand KeptIn(RecordBatch<OrderReceived> batch) =>
        Reprocesses.Kept(PartitionOf(batch), batch.Epoch, batch.First, batch.Next);

    private static async Task<Dictionary<long, string>> ReadKeptAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var kept = new Dictionary<long, string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            kept.Add(reader.GetInt64(0), reader.GetString(1));
        }

        return kept;
    }

    private static InboxPartition PartitionOf(RecordBatch<OrderReceived> batch) => new(batch.Group, batch.Topic, batch.Partition);

    /// <summary>What is kept is read once more behind the lock of the lines that records wait in: a redelivery resolves a letter under that lock.</summary>
    private static async Task<(HashSet<string>? Blocked, Dictionary<long, string> Kept, Dictionary<string, OrderRow> Rows)> LockAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> batch, string[] uids, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { Reprocesses.Standing(PartitionOf(batch)), KeyParking.Lock(uids), KeptIn(batch), OrderStore.Lock(uids) },
        };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken) || reader.GetInt32(0) != batch.Epoch || reader.GetInt64(1) < batch.Next)
        {
            throw new ReprocessEndedException(
                $"The log of partition {batch.Partition} is another one than when the job began, or what was ingested of it was taken back.");
        }

        await reader.NextResultAsync(cancellationToken);
        var blocked = await KeyParking.ReadAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var kept = await ReadKeptAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return (blocked, kept, await OrderStore.ReadAsync(reader, cancellationToken));
    }

    private static async Task WriteAsync(
        NpgsqlTransaction transaction,
        ReprocessJob job,
        RecordBatch<OrderReceived> batch,
        OrderFold fold,
        List<NpgsqlBatchCommand> letters,
        OutcomeCounts counts,
        CancellationToken cancellationToken)
    {
        var orders = OrderStore.Write(fold.Rows);
        await orders.CopyAsync(transaction.Connection!, cancellationToken);
        var advance = Reprocesses.Advance(job.Id, batch.Partition, batch.First, batch.Next, counts);
        await KeptRecordIngest.WriteAsync(transaction, [.. orders.Commands, .. Outbox.Append(fold.Events), .. letters, advance], cancellationToken);
        orders.EnsureComplete();
        if (advance.RecordsAffected == 0)
        {
            throw new ReprocessEndedException(problem: null);
        }
    }
}

/// <summary>A job cannot go on, for a reason, or (null) is not to: somebody ended it.</summary>
internal sealed class ReprocessEndedException(string? problem) : Exception(problem ?? "The job was ended by somebody else.")
{
    public string? Problem { get; } = problem;
}
