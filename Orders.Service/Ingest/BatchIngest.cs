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
/// Accounts for a batch in one transaction: watermark, orders, outbox, dead letters and inbox range commit together or not at all. Small batches
/// that arrive together share a transaction. Three round trips for few records (lock and read, write, commit), seven for many, whose orders and events
/// are copied in.
/// </summary>
internal sealed class BatchIngest : IAsyncDisposable
{
    /// <summary>A larger batch has a transaction to itself, so that what several share stays small.</summary>
    internal const long MostSharedBytes = 64 << 10;

    // A lock that is taken is waited for by the one batch that needs it, when each goes alone.
    private const string SharedLockTimeoutSql = "SET LOCAL lock_timeout = '100ms'";

    private readonly IDbContextFactory<OrdersDbContext> _contexts;
    private readonly RecordDecoder _decoder;
    private readonly OutboxBell _bell;
    private readonly IngestNotes _notes;
    private readonly Brake _brake;
    private readonly OptimisticInsert _insert;
    private readonly ILogger<BatchIngest> _logger;
    private readonly GroupCommit<DecodedBatch> _small;

    // The connection of the last transaction, open for the next one: the pool would hand out its connections in turn, each with caches gone cold.
    private OrdersDbContext? _warm;

    public BatchIngest(
        IDbContextFactory<OrdersDbContext> contexts,
        RecordDecoder decoder,
        OutboxBell bell,
        IngestNotes notes,
        Brake brake,
        OptimisticInsert insert,
        TimeProvider time,
        ILogger<BatchIngest> logger)
    {
        (_contexts, _decoder, _bell, _notes, _brake, _insert, _logger) = (contexts, decoder, bell, notes, brake, insert, logger);
        _small = new(ShareAsync, IsOfAll, time);
    }

    /// <param name="batch">What the rider handed out, or a part of it.</param>
    /// <param name="mayShare">Whether it may go into one transaction with batches of other partitions, where it is small.</param>
    /// <param name="cancellationToken">Ends the wait; what was not committed is not written.</param>
    /// <exception cref="WatermarkMismatchException">The batch does not start at the watermark; nothing was written.</exception>
    /// <exception cref="OrderConflictException">Another transaction stored one of the orders first; nothing was written, try again.</exception>
    public async Task RunAsync(RecordBatch<OrderReceived> batch, bool mayShare, CancellationToken cancellationToken)
    {
        var decoded = new DecodedBatch(batch, _decoder.Decode(batch.Epoch, batch.Partition, batch.Records));
        var isLong = batch.Records.Count >= CopyRows.Worthwhile;
        if (mayShare && !isLong && batch.Records.Sum(record => (long)record.Size) <= MostSharedBytes)
        {
            await _small.RunAsync(decoded, cancellationToken);
        }
        else if (!isLong || !_insert.IsLikely || !await TryInsertAsync(decoded, cancellationToken))
        {
            await CommitAsync([decoded], areLikelyNew: false, cancellationToken);
        }

        var counts = decoded.Counts;
        _notes.Count(decoded.Records);
        _brake.Observe(counts);
        Log.Ingested(
            _logger, batch.Partition, batch.First, batch.Next, counts.Stored, counts.Duplicate, counts.Superseded, counts.Removed, counts.Ignored, counts.Dead);
    }

    /// <summary>Does all that <see cref="RunAsync"/> does to a partition nobody has read, except that nothing is kept.</summary>
    public async Task RehearseAsync(RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        var decoded = new DecodedBatch(batch, _decoder.Decode(batch.Epoch, batch.Partition, batch.Records));
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var database = (NpgsqlTransaction)transaction.GetDbTransaction();
        await using (var start = new NpgsqlBatch(database.Connection, database))
        {
            start.BatchCommands.Add(Inbox.CreateWatermarks(batch.Group, batch.Topic, new Dictionary<int, long> { [batch.Partition] = batch.First }));
            await start.ExecuteNonQueryAsync(cancellationToken);
        }

        await AccountAsync(database, [decoded], areLikelyNew: batch.Records.Count >= CopyRows.Worthwhile, cancellationToken);
        await transaction.RollbackAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _warm, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ShareAsync(IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        try
        {
            await CommitAsync(batches, areLikelyNew: false, cancellationToken);
        }
        catch (Exception exception) when (batches.Count > 1)
        {
            Log.SharedFailed(_logger, exception, batches.Count);
            throw;
        }
    }

    /// <summary>Without a look for its orders; false where one of them exists.</summary>
    private async Task<bool> TryInsertAsync(DecodedBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await CommitAsync([batch], areLikelyNew: true, cancellationToken);
            _insert.Succeeded(batch.Records.Count);
            return true;
        }
        catch (OrderConflictException)
        {
            _insert.Failed();
            return false;
        }
    }

    private async Task CommitAsync(IReadOnlyList<DecodedBatch> batches, bool areLikelyNew, CancellationToken cancellationToken)
    {
        Failpoint.Hit("before_tx");
        var context = Interlocked.Exchange(ref _warm, null) ?? await OpenAsync(cancellationToken);
        try
        {
            // Disposed of before another batch may take the connection: the driver has one transaction object for each connection, and the late
            // end of an old transaction would be the end of the new one.
            await using (var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken))
            {
                await AccountAsync((NpgsqlTransaction)transaction.GetDbTransaction(), batches, areLikelyNew, cancellationToken);
                Failpoint.Hit("in_tx");
                await transaction.CommitAsync(cancellationToken);
            }

            context = Interlocked.Exchange(ref _warm, context);
        }
        finally
        {
            if (context is not null)
            {
                await context.DisposeAsync();
            }
        }

        Failpoint.Hit("after_db_commit");
        if (batches.Any(batch => batch.Counts.Stored + batch.Counts.Removed > 0))
        {
            _bell.Ring();
        }
    }

    private async Task<OrdersDbContext> OpenAsync(CancellationToken cancellationToken)
    {
        var context = await _contexts.CreateDbContextAsync(cancellationToken);
        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken);
            return context;
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>The world is broken for each of them, while a stop or a watermark that stands elsewhere is a matter of one.</summary>
    private static bool IsOfAll(Exception exception) =>
        exception is not (OperationCanceledException or WatermarkMismatchException) && FailurePolicy.ClassOf(exception) == FailureClass.Systemic;

    private async Task AccountAsync(
        NpgsqlTransaction transaction, IReadOnlyList<DecodedBatch> batches, bool areLikelyNew, CancellationToken cancellationToken)
    {
        var isUnseen = areLikelyNew && !await IsAnyParkedAsync(transaction, batches, cancellationToken);
        var (blocked, rows) = isUnseen ? (null, []) : await LookAsync(transaction, batches, cancellationToken);
        var fold = new OrderFold(rows, batches.Sum(batch => batch.Records.Count));
        foreach (var batch in batches)
        {
            batch.Fold(fold, blocked);
        }

        await WriteAsync(transaction, batches, blocked, fold, cancellationToken);
    }

    /// <summary>Locks the watermarks. No order can be blocked where nothing is parked; where something is, the next batches are looked for at once.</summary>
    private async Task<bool> IsAnyParkedAsync(
        NpgsqlTransaction transaction, IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { LockWatermarks(batches), KeyParking.Any() } };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        await MustStandAsync(reader, batches, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var isAny = await KeyParking.ReadAnyAsync(reader, cancellationToken);
        if (isAny)
        {
            _insert.Looked(0, areNew: false);
        }

        return isAny;
    }

    /// <summary>Locks the watermarks and what there is of the orders.</summary>
    private async Task<(HashSet<string>? Blocked, Dictionary<string, OrderRow> Rows)> LookAsync(
        NpgsqlTransaction transaction, IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        var uids = batches.Count == 1 ? DecodedRecord.Uids(batches[0].Records) : [.. batches.SelectMany(batch => DecodedRecord.Uids(batch.Records))];
        await using var read = new NpgsqlBatch(transaction.Connection, transaction);
        if (batches.Count > 1)
        {
            read.BatchCommands.Add(new(SharedLockTimeoutSql));
        }

        read.BatchCommands.Add(LockWatermarks(batches));
        read.BatchCommands.Add(KeyParking.Lock(uids));
        read.BatchCommands.Add(OrderStore.Lock(uids));
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        await MustStandAsync(reader, batches, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var blocked = await KeyParking.ReadAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var rows = await OrderStore.ReadAsync(reader, cancellationToken);
        _insert.Looked(uids.Length, areNew: rows.Count == 0);
        return (blocked, rows);
    }

    private static NpgsqlBatchCommand LockWatermarks(IReadOnlyList<DecodedBatch> batches)
    {
        var (group, topic) = WhoReads(batches);
        return Inbox.LockWatermarks(group, topic, [.. batches.Select(batch => batch.Source.Partition)]);
    }

    private static async Task MustStandAsync(NpgsqlDataReader reader, IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        var watermarks = await Inbox.ReadWatermarksAsync(reader, cancellationToken);
        foreach (var batch in batches)
        {
            InboxWatermarks.MustStandAt(watermarks, batch.Source);
        }
    }

    private static async Task WriteAsync(
        NpgsqlTransaction transaction, IReadOnlyList<DecodedBatch> batches, HashSet<string>? blocked, OrderFold fold, CancellationToken cancellationToken)
    {
        await using var write = new NpgsqlBatch(transaction.Connection, transaction);
        var orders = OrderStore.Write(fold.Rows);
        await orders.CopyAsync(transaction.Connection!, cancellationToken);
        foreach (var command in orders.Commands)
        {
            write.BatchCommands.Add(command);
        }

        if (fold.Events.Count >= CopyRows.Worthwhile)
        {
            await Outbox.CopyAsync(transaction.Connection!, fold.Events, cancellationToken);
        }
        else
        {
            foreach (var command in Outbox.Append(fold.Events))
            {
                write.BatchCommands.Add(command);
            }
        }

        foreach (var batch in batches.Where(batch => batch.Counts.Dead + batch.Counts.Parked > 0))
        {
            write.BatchCommands.Add(DeadLetterStore.Insert([.. batch.ToDeadLetters(blocked)]));
        }

        var (group, topic) = (batches[0].Source.Group, batches[0].Source.Topic);
        write.BatchCommands.Add(Inbox.Account(group, topic, [.. batches.Select(batch => RangeOf(batch.Source, batch.Counts))]));
        await write.ExecuteNonQueryAsync(cancellationToken);
        orders.EnsureComplete();
        if (batches.Any(batch => batch.Counts.Dead > 0))
        {
            Failpoint.Hit("dead_letter_inserted");
        }
    }

    private static (string Group, string Topic) WhoReads(IReadOnlyList<DecodedBatch> batches)
    {
        var (group, topic) = (batches[0].Source.Group, batches[0].Source.Topic);
        return batches.All(batch => batch.Source.Group == group && batch.Source.Topic == topic)
            ? (group, topic)
            : throw new InvalidOperationException("Batches of several groups or topics cannot share a transaction.");
    }

    /// <summary>What the batch is accounted for as.</summary>
    internal static InboxRange RangeOf(RecordBatch<OrderReceived> batch, OutcomeCounts counts) => new(
        batch.Partition,
        batch.Epoch,
        batch.First,
        batch.Next,
        counts,
        batch.Records.Count == 0 ? null : new InboxRecord(batch.Records[^1].Offset, batch.Records[^1].Timestamp, LastRecord.HashOf(batch.Records[^1].Value)));

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
