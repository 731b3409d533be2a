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
/// that arrive together share a transaction. Small ones take one round trip where their orders are likely new, others three (lock and read, write,
/// commit), or seven for many records, whose orders and events are copied in.
/// </summary>
internal sealed class BatchIngest : IAsyncDisposable
{
    /// <summary>A larger batch has a transaction to itself, so that what several share stays small.</summary>
    internal const long MostSharedBytes = 64 << 10;

    // A lock that is taken is waited for by the one batch that needs it, when each goes alone.
    private const string SharedLockTimeoutSql = "SET LOCAL lock_timeout = '100ms'";

    // The same where no transaction was begun, which Postgres else warns of.
    private const string UnbegunLockTimeoutSql = "SELECT set_config('lock_timeout', '100ms', true)";

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
        else if (!isLong || !await TryInsertAsync([decoded], CopyUnseenAsync, cancellationToken))
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
    /// <param name="batch">What is rehearsed.</param>
    /// <param name="atOnce">Whether in one round trip, as if its orders were likely new.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether nothing would be inserted unseen, because a record is parked.</returns>
    public async Task<bool> RehearseAsync(RecordBatch<OrderReceived> batch, bool atOnce, CancellationToken cancellationToken)
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

        try
        {
            await (atOnce
                ? InsertAsync(database.Connection!, [decoded], cancellationToken)
                : AccountAsync(database, [decoded], areLikelyNew: batch.Records.Count >= CopyRows.Worthwhile, cancellationToken));
        }
        catch (PostgresException refused) when (atOnce && IsParked(refused))
        {
            return true;
        }

        await transaction.RollbackAsync(cancellationToken);
        return false;
    }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _warm, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ShareAsync(IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        try
        {
            var isShort = batches.Sum(batch => batch.Records.Count) < CopyRows.Worthwhile;
            if (!isShort || !await TryInsertAsync(batches, InsertUnseenAsync, cancellationToken))
            {
                await CommitAsync(batches, areLikelyNew: false, cancellationToken);
            }
        }
        catch (Exception exception) when (batches.Count > 1)
        {
            Log.SharedFailed(_logger, exception, batches.Count);
            throw;
        }
    }

    /// <summary>Without a look, where the orders are likely new; false where that is not so, and where a look has to tell what is to be done.</summary>
    private async Task<bool> TryInsertAsync(
        IReadOnlyList<DecodedBatch> batches, Func<IReadOnlyList<DecodedBatch>, CancellationToken, Task> insert, CancellationToken cancellationToken)
    {
        if (!_insert.IsLikely)
        {
            return false;
        }

        try
        {
            await insert(batches, cancellationToken);
            _insert.Succeeded(batches.Sum(batch => batch.Records.Count));
            return true;
        }
        catch (Exception refused) when (refused is OrderConflictException || IsParked(refused))
        {
            _insert.Failed();
        }
        catch (PostgresException refused) when (refused is { SqlState: PostgresErrorCodes.NotNullViolation, TableName: "inbox", ColumnName: "partition" })
        {
            // The watermark stands elsewhere, which says nothing of the orders.
        }

        return false;
    }

    /// <summary>A record is parked, perhaps of one of the orders that were to be inserted unseen.</summary>
    private static bool IsParked(Exception refused) =>
        refused is PostgresException { SqlState: PostgresErrorCodes.NotNullViolation, TableName: "orders", ColumnName: "order_uid" };

    private Task CopyUnseenAsync(IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken) =>
        CommitAsync(batches, areLikelyNew: true, cancellationToken);

    private Task CommitAsync(IReadOnlyList<DecodedBatch> batches, bool areLikelyNew, CancellationToken cancellationToken) => OnWarmAsync(
        batches,
        async context =>
        {
            // Disposed of before another batch may take the connection: the driver has one transaction object for each connection, and the late
            // end of an old transaction would be the end of the new one.
            await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
            await AccountAsync((NpgsqlTransaction)transaction.GetDbTransaction(), batches, areLikelyNew, cancellationToken);
            Failpoint.Hit("in_tx");
            await transaction.CommitAsync(cancellationToken);
        },
        cancellationToken);

    private Task InsertUnseenAsync(IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken) => OnWarmAsync(
        batches, context => InsertAsync((NpgsqlConnection)context.Database.GetDbConnection(), batches, cancellationToken), cancellationToken);

    private async Task OnWarmAsync(IReadOnlyList<DecodedBatch> batches, Func<OrdersDbContext, Task> commit, CancellationToken cancellationToken)
    {
        Failpoint.Hit("before_tx");
        var context = await TakeWarmAsync() ?? await OpenAsync(cancellationToken);
        try
        {
            await commit(context);
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

    /// <summary>The connection of the last transaction; null where it is in use or broke meanwhile.</summary>
    private async Task<OrdersDbContext?> TakeWarmAsync()
    {
        var context = Interlocked.Exchange(ref _warm, null);
        if (context is null || context.Database.GetDbConnection().State == System.Data.ConnectionState.Open)
        {
            return context;
        }

        await context.DisposeAsync();
        return null;
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
        await WriteAsync(transaction, batches, blocked, Fold(batches, blocked, rows), cancellationToken);
    }

    private static OrderFold Fold(IReadOnlyList<DecodedBatch> batches, HashSet<string>? blocked, Dictionary<string, OrderRow> rows)
    {
        var fold = new OrderFold(rows, batches.Sum(batch => batch.Records.Count));
        foreach (var batch in batches)
        {
            batch.Fold(fold, blocked);
        }

        return fold;
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
        var orders = OrderStore.Write(fold.Rows);
        await orders.CopyAsync(transaction.Connection!, cancellationToken);
        var areCopied = fold.Events.Count >= CopyRows.Worthwhile;
        if (areCopied)
        {
            await Outbox.CopyAsync(transaction.Connection!, fold.Events, cancellationToken);
        }

        await SendAsync(
            transaction.Connection!,
            [.. Account(batches), .. orders.Commands, .. areCopied ? [] : Outbox.Append(fold.Events), .. DeadLettersOf(batches, blocked)],
            cancellationToken);
        orders.EnsureComplete();
        if (batches.Any(batch => batch.Counts.Dead > 0))
        {
            Failpoint.Hit("dead_letter_inserted");
        }
    }

    /// <summary>All in one round trip, which is a transaction where none was begun: statements sent together commit together or not at all.</summary>
    private static async Task InsertAsync(NpgsqlConnection connection, IReadOnlyList<DecodedBatch> batches, CancellationToken cancellationToken)
    {
        var fold = Fold(batches, blocked: null, rows: []);
        try
        {
            await SendAsync(
                connection,
                [
                    .. batches.Count > 1 ? [new NpgsqlBatchCommand(UnbegunLockTimeoutSql)] : Array.Empty<NpgsqlBatchCommand>(),
                    .. Account(batches),
                    .. OrderStore.InsertUnseen(fold.Rows),
                    .. Outbox.Append(fold.Events),
                    .. DeadLettersOf(batches, blocked: null),
                ],
                cancellationToken);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "orders" })
        {
            throw new OrderConflictException(exception);
        }
    }

    private static async Task SendAsync(NpgsqlConnection connection, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        await using var write = new NpgsqlBatch(connection);
        foreach (var command in commands)
        {
            write.BatchCommands.Add(command);
        }

        await write.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// In one order, so that transactions with common partitions never deadlock. Where nothing was locked before, to be sent first: whether a record is
    /// parked may only be looked at behind the watermark's lock.
    /// </summary>
    private static IEnumerable<NpgsqlBatchCommand> Account(IReadOnlyList<DecodedBatch> batches)
    {
        var (group, topic) = WhoReads(batches);
        return batches
            .OrderBy(batch => batch.Source.Partition)
            .Select(batch => Inbox.Account(group, topic, BatchAccount.RangeOf(batch.Source, batch.Counts)));
    }

    private static IEnumerable<NpgsqlBatchCommand> DeadLettersOf(IReadOnlyList<DecodedBatch> batches, HashSet<string>? blocked) => batches
        .Where(batch => batch.Counts.Dead + batch.Counts.Parked > 0)
        .Select(batch => DeadLetterStore.Insert([.. batch.ToDeadLetters(blocked)]));

    private static (string Group, string Topic) WhoReads(IReadOnlyList<DecodedBatch> batches)
    {
        var (group, topic) = (batches[0].Source.Group, batches[0].Source.Topic);
        return batches.All(batch => batch.Source.Group == group && batch.Source.Topic == topic)
            ? (group, topic)
            : throw new InvalidOperationException("Batches of several groups or topics cannot share a transaction.");
    }
}
