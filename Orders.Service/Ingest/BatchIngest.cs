using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Bus.Storage;
using Bus.Storage.DeadLetters;
using Bus.Storage.Inbox;
using Bus.Storage.Outbox;
using Bus.Storage.Parking;
using Failpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Ingest;

/// <summary>
/// Accounts for a batch in one transaction: watermark, orders, outbox, dead letters and inbox range commit together or not at all.
/// Three round trips for a few records (lock and read, write, commit), seven for many, whose orders and events are copied in.
/// </summary>
internal sealed class BatchIngest(
    IDbContextFactory<OrdersDbContext> contexts, RecordDecoder decoder, OutboxBell bell, IngestNotes notes, Brake brake, ILogger<BatchIngest> logger)
{
    /// <exception cref="WatermarkMismatchException">The batch does not start at the watermark; nothing was written.</exception>
    /// <exception cref="OrderConflictException">Another transaction stored one of the orders first; nothing was written, try again.</exception>
    public async Task RunAsync(RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        var records = decoder.Decode(batch.Epoch, batch.Partition, batch.Records);
        Failpoint.Hit("before_tx");
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var counts = await AccountAsync((NpgsqlTransaction)transaction.GetDbTransaction(), batch, records, cancellationToken);
        Failpoint.Hit("in_tx");
        await transaction.CommitAsync(cancellationToken);
        Failpoint.Hit("after_db_commit");
        if (counts.Stored + counts.Removed > 0)
        {
            bell.Ring();
        }

        notes.Count(records);
        brake.Observe(counts);
        Log.Ingested(
            logger, batch.Partition, batch.First, batch.Next, counts.Stored, counts.Duplicate, counts.Superseded, counts.Removed, counts.Ignored, counts.Dead);
    }

    /// <summary>Does all that <see cref="RunAsync"/> does to a partition nobody has read, except that nothing is kept.</summary>
    public async Task RehearseAsync(RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        var records = decoder.Decode(batch.Epoch, batch.Partition, batch.Records);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var database = (NpgsqlTransaction)transaction.GetDbTransaction();
        await using (var start = new NpgsqlBatch(database.Connection, database))
        {
            start.BatchCommands.Add(Inbox.CreateWatermarks(batch.Group, batch.Topic, new Dictionary<int, long> { [batch.Partition] = batch.First }));
            await start.ExecuteNonQueryAsync(cancellationToken);
        }

        await AccountAsync(database, batch, records, cancellationToken);
        await transaction.RollbackAsync(cancellationToken);
    }

    private static async Task<OutcomeCounts> AccountAsync(
        NpgsqlTransaction transaction, RecordBatch<OrderReceived> batch, IReadOnlyList<DecodedRecord> records, CancellationToken cancellationToken)
    {
        var partition = new InboxPartition(batch.Group, batch.Topic, batch.Partition);
        var (blocked, rows) = await LockAsync(transaction, partition, batch, records, cancellationToken);
        var fold = new OrderFold(rows);
        var counts = new OutcomeCounts { Absent = batch.Absent, Lost = batch.Lost };
        foreach (var record in records)
        {
            Count(ref counts, record.Change is not { } change ? record.Outcome : IsParked(record, blocked) ? Outcome.Parked : fold.Apply(change));
        }

        await WriteAsync(transaction, partition, batch, records, blocked, fold, counts, cancellationToken);
        return counts;
    }

    private static async Task<(HashSet<string>? Blocked, Dictionary<string, OrderRow> Rows)> LockAsync(
        NpgsqlTransaction transaction,
        InboxPartition partition,
        RecordBatch<OrderReceived> batch,
        IReadOnlyList<DecodedRecord> records,
        CancellationToken cancellationToken)
    {
        var uids = DecodedRecord.Uids(records);
        await using var read = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { Inbox.LockWatermark(partition), KeyParking.Lock(uids), OrderStore.Lock(uids) },
        };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var watermark = await Inbox.ReadWatermarkAsync(reader, cancellationToken);
        if (watermark is null || watermark.Epoch != batch.Epoch || watermark.Position != batch.First)
        {
            throw new WatermarkMismatchException(watermark is null ? null : InboxWatermarks.ToRider(watermark));
        }

        await reader.NextResultAsync(cancellationToken);
        var blocked = await KeyParking.ReadAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return (blocked, await OrderStore.ReadAsync(reader, cancellationToken));
    }

    private static async Task WriteAsync(
        NpgsqlTransaction transaction,
        InboxPartition partition,
        RecordBatch<OrderReceived> batch,
        IReadOnlyList<DecodedRecord> records,
        HashSet<string>? blocked,
        OrderFold fold,
        OutcomeCounts counts,
        CancellationToken cancellationToken)
    {
        await using var write = new NpgsqlBatch(transaction.Connection, transaction);
        var orders = OrderStore.Write(fold.Rows);
        await orders.CopyAsync(transaction.Connection!, cancellationToken);
        Add(write, orders.Commands);
        if (fold.Events.Count >= CopyRows.Worthwhile)
        {
            await Outbox.CopyAsync(transaction.Connection!, fold.Events, cancellationToken);
        }
        else if (fold.Events.Count > 0)
        {
            write.BatchCommands.Add(Outbox.Append(fold.Events));
        }

        if (counts.Dead + counts.Parked > 0)
        {
            write.BatchCommands.Add(DeadLetterStore.Insert(ToDeadLetters(batch, records, blocked)));
        }

        Add(write, Inbox.Account(partition, batch.Epoch, batch.First, batch.Next, counts, LastOf(batch)));
        await write.ExecuteNonQueryAsync(cancellationToken);
        orders.EnsureComplete();
        if (counts.Dead > 0)
        {
            Failpoint.Hit("dead_letter_inserted");
        }
    }

    private static void Add(NpgsqlBatch batch, IEnumerable<NpgsqlBatchCommand> commands)
    {
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }
    }

    /// <summary>Later records of an order wait behind its unfinished failure; a refused one does not, it could not be stored then either.</summary>
    private static bool IsParked(in DecodedRecord record, HashSet<string>? blocked) =>
        blocked is not null && record.Change is { } change && blocked.Contains(change.Uid);

    /// <summary>What the log is recognised by after the batch.</summary>
    internal static InboxRecord? LastOf(RecordBatch<OrderReceived> batch) =>
        batch.Records.Count == 0 ? null : new InboxRecord(batch.Records[^1].Offset, batch.Records[^1].Timestamp, LastRecord.HashOf(batch.Records[^1].Value));

    private static List<NewDeadLetter> ToDeadLetters(
        RecordBatch<OrderReceived> batch, IReadOnlyList<DecodedRecord> records, HashSet<string>? blocked)
    {
        var letters = new List<NewDeadLetter>();
        foreach (var record in records)
        {
            if (record.Refusal is not null)
            {
                letters.Add(ToDeadLetter(batch, record));
            }
            else if (IsParked(record, blocked))
            {
                var letter = ToDeadLetter(batch, record.Record, FailureText.ParkedBehind, FailureText.ParkedSentence);
                letters.Add(letter with { State = DeadLetterStates.Parked, ParkedKey = record.Change!.Value.Uid });
            }
        }

        return letters;
    }

    private static NewDeadLetter ToDeadLetter(RecordBatch<OrderReceived> batch, DecodedRecord decoded)
    {
        var refusal = decoded.Refusal!;
        return ToDeadLetter(batch, decoded.Record, refusal.Reason, refusal.Sentence) with { JsonPath = refusal.JsonPath, BytePosition = refusal.BytePosition };
    }

    /// <summary>The record byte for byte, with why it is kept.</summary>
    internal static NewDeadLetter ToDeadLetter(RecordBatch<OrderReceived> batch, Record record, string reason, string sentence) => new(
        batch.Group,
        batch.Topic,
        batch.Epoch,
        batch.Partition,
        record.Offset,
        record.Timestamp,
        record.Key,
        record.Value,
        [.. record.Headers.Select(header => header.Name)],
        [.. record.Headers.Select(header => header.Value)],
        reason,
        sentence,
        JsonPath: null,
        BytePosition: null);

    /// <summary>Counts one record.</summary>
    internal static void Count(ref OutcomeCounts counts, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Stored: counts.Stored++; break;
            case Outcome.Duplicate: counts.Duplicate++; break;
            case Outcome.Superseded: counts.Superseded++; break;
            case Outcome.Removed: counts.Removed++; break;
            case Outcome.Ignored: counts.Ignored++; break;
            case Outcome.Dead: counts.Dead++; break;
            case Outcome.Parked: counts.Parked++; break;
            case Outcome.Redelivering: counts.Redelivering++; break;
            default: throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null);
        }
    }
}
