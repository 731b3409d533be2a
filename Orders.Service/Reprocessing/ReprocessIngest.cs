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
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var counts = new OutcomeCounts { Absent = batch.Absent };
        var kept = await KeptAsync(transaction, batch, cancellationToken);
        foreach (var state in kept.Values)
        {
            BatchIngest.Count(ref counts, IsInQueue(state) ? Outcome.Parked : Outcome.Dead);
        }

        // What is kept is not even looked into: a record that ended the process may be among it.
        var records = decoder.Decode(batch.Epoch, batch.Partition, [.. batch.Records.Where(record => !kept.ContainsKey(record.Offset))]);
        var (blocked, rows) = await LockAsync(transaction, batch, DecodedRecord.Uids(records), cancellationToken);
        var fold = new OrderFold(rows);
        var letters = new List<NpgsqlBatchCommand>();
        foreach (var record in records)
        {
            if (record.Change is { } change)
            {
                var outcome = blocked?.Contains(change.Uid) == true ? Outcome.Parked : job.Forced ? fold.Force(change, range.Next) : fold.Apply(change);
                BatchIngest.Count(ref counts, outcome);
            }
            else
            {
                BatchIngest.Count(ref counts, record.Outcome);
                if (record.Refusal is { } refusal)
                {
                    var letter = BatchIngest.ToDeadLetter(batch, record.Record, refusal.Reason, refusal.Sentence);
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
    }

    /// <summary>Keeps the one record of the batch, which failed alone, as a dead letter that blocks nobody: its order has a later state.</summary>
    public static async Task KeepAsync(
        NpgsqlConnection connection, ReprocessJob job, RecordBatch<OrderReceived> alone, Exception exception, CancellationToken cancellationToken)
    {
        var why = FailureText.Of(exception);
        var letter = BatchIngest.ToDeadLetter(alone, alone.Records[0], why.Reason, why.Sentence) with { Exception = why.Exception };
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(transaction, alone, [], cancellationToken);
        var counts = new OutcomeCounts { Dead = 1, Absent = alone.Absent };
        await WriteAsync(transaction, job, alone, new OrderFold([]), [Reprocesses.Keep(letter)], counts, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static bool IsInQueue(string state) => state is DeadLetterStates.Parked or DeadLetterStates.Redelivering;

    /// <summary>The offsets of the batch that are dead letters, with their state. Nobody else makes one of an offset that was accounted for before.</summary>
    private static async Task<Dictionary<long, string>> KeptAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { Reprocesses.Kept(PartitionOf(batch), batch.Epoch, batch.First, batch.Next) },
        };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var kept = new Dictionary<long, string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            kept.Add(reader.GetInt64(0), reader.GetString(1));
        }

        return kept;
    }

    private static InboxPartition PartitionOf(RecordBatch<OrderReceived> batch) => new(batch.Group, batch.Topic, batch.Partition);

    private static async Task<(HashSet<string>? Blocked, Dictionary<string, OrderRow> Rows)> LockAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> batch, string[] uids, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { Reprocesses.Standing(PartitionOf(batch)), KeyParking.Lock(uids), OrderStore.Lock(uids) },
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
        return (blocked, await OrderStore.ReadAsync(reader, cancellationToken));
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
        List<NpgsqlBatchCommand> commands = [.. orders.Commands];
        if (fold.Events.Count > 0)
        {
            commands.Add(Outbox.Append(fold.Events));
        }

        var advance = Reprocesses.Advance(job.Id, batch.Partition, batch.First, batch.Next, counts);
        await KeptRecordIngest.WriteAsync(transaction, [.. commands, .. letters, advance], cancellationToken);
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
