using System.Collections.Concurrent;
using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Bus.Storage.Inbox;
using Bus.Storage.Starts;
using MassTransit;
using MassTransit.Context;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Ingest;

namespace Orders.Service.Failures;

/// <summary>
/// Finds a record that ends the process. Where several starts in a row crashed before anything was accounted for, the records of a batch's length go
/// one by one, each marked in the database before it is touched; the one that is found marked by two starts becomes a dead letter without being looked
/// into. One mark alone may come of an outage that began with an exception and lasted through a stop. While any partition goes so, batches take
/// turns in this process, after those under way have ended: whatever ends it then, no other batch was at work.
/// </summary>
internal sealed class CrashGuard(
    NpgsqlDataSource database,
    ISuspectRecords suspects,
    IOptions<FailuresOptions> options,
    IOptions<IngestOptions> ingest,
    TimeProvider time,
    ILogger<CrashGuard> logger)
    : IFilter<ConsumeContext<RecordBatch<OrderReceived>>>, IDisposable
{
    /// <summary>
    /// When other partitions' batches went through for this time and a partition brought none, all of it is through that can have been in work when
    /// the process ended. Its next records, which may be hours away, keep nobody waiting.
    /// </summary>
    internal static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(10);

    /// <summary>As much of it counts between one batch and the next: in an outage and in a pause nothing goes through.</summary>
    internal static readonly TimeSpan QuietStep = TimeSpan.FromSeconds(1);

    private const int MarkedTwice = 2;

    private readonly Guid _owner = Guid.NewGuid();
    private readonly ConcurrentDictionary<InboxPartition, Watch> _partitions = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private readonly List<Watch> _watched = [];
    private int _underWay;
    private long _lastThrough;
    private TaskCompletionSource? _noneUnderWay;

    /// <summary>Whether batches take turns just now.</summary>
    internal bool TakesTurns
    {
        get
        {
            lock (_lock)
            {
                return _watched.Count > 0;
            }
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("crashGuard");

    public async Task Send(ConsumeContext<RecordBatch<OrderReceived>> context, IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next)
    {
        var batch = context.Message;
        var partition = new InboxPartition(batch.Group, batch.Topic, batch.Partition);
        var watch = _partitions.TryGetValue(partition, out var known) ? known : await AnnounceAsync(partition, batch, context.CancellationToken);
        if (TryBegin(watch))
        {
            try
            {
                await next.Send(context);
            }
            finally
            {
                End();
            }

            return;
        }

        await _turn.WaitAsync(context.CancellationToken);
        try
        {
            await NoneUnderWayAsync().WaitAsync(context.CancellationToken);
            await SendInTurnAsync(context, next, partition, watch);
            WentThrough(watch);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The partitions are given up in order: whoever works on them next starts without suspicion.</summary>
    public async ValueTask ReleaseAsync(string group, string topic, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        foreach (var number in partitions)
        {
            if (_partitions.TryRemove(new InboxPartition(group, topic, number), out var watch))
            {
                Forget(watch);
            }
        }

        await PartitionStarts.EndAsync(database, group, topic, [.. partitions], _owner, cancellationToken);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Watch> AnnounceAsync(InboxPartition partition, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        var start = await PartitionStarts.AnnounceAsync(database, partition, batch.Epoch, batch.First, _owner, cancellationToken);
        var watch = new Watch { Partition = partition.Partition, Suspect = start.Suspect, Marks = start.Suspect is null ? 0 : start.Starts };
        if (start.Suspect is not null || start.Starts > options.Value.UncleanStarts)
        {
            // No more than this was in work when the process ended.
            watch.Left = ingest.Value.Reading.BatchRecords;
            Add(watch);
            Log.OneByOne(logger, partition.Partition, batch.First, start.Suspect is null ? start.Starts - 1 : start.Starts, watch.Left);
        }

        _partitions[partition] = watch;
        return watch;
    }

    private async Task SendInTurnAsync(
        ConsumeContext<RecordBatch<OrderReceived>> context, IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next, InboxPartition partition, Watch watch)
    {
        var rest = context.Message;
        while (watch.Left > 0 && rest.Records.Count > 0)
        {
            var (alone, others) = BatchParts.TakeFirst(rest);
            try
            {
                await SendAloneAsync(context, next, partition, alone, watch);
            }
            catch (WatermarkMismatchException mismatch) when (BatchParts.TryBehind(rest, mismatch.Watermark, out others))
            {
                // Others of the batch were accounted for before; what is left of it goes on.
            }

            if (others is null)
            {
                return;
            }

            rest = others;
        }

        await SendAsync(context, next, rest);
    }

    private async Task SendAloneAsync(
        ConsumeContext<RecordBatch<OrderReceived>> context,
        IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next,
        InboxPartition partition,
        RecordBatch<OrderReceived> alone,
        Watch watch)
    {
        var offset = alone.Records[0].Offset;
        if (offset == watch.Suspect && watch.Marks >= MarkedTwice)
        {
            await suspects.KeepAsync(alone, context.CancellationToken);
            watch.Suspect = null;
        }
        else
        {
            var marks = offset == watch.Suspect ? watch.Marks + 1 : 1;
            await PartitionStarts.MarkAloneAsync(database, partition, _owner, alone.First, offset, marks, context.CancellationToken);
            try
            {
                await SendAsync(context, next, alone);
            }
            catch
            {
                // It ended in an exception, not in a crash; where this cannot be noted, the next try notes the same again.
                await UnmarkAsync(partition);
                throw;
            }
        }

        watch.Left--;
        if (watch.Left == 0)
        {
            Forget(watch);
            Log.TogetherAgain(logger, alone.Partition, alone.Next);
        }
    }

    private async Task UnmarkAsync(InboxPartition partition)
    {
        try
        {
            await PartitionStarts.UnmarkAloneAsync(database, partition, _owner, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // What is wrong with the database, the exception on its way tells better.
        }
    }

    private void Add(Watch watch)
    {
        lock (_lock)
        {
            _watched.Add(watch);
        }
    }

    private void Forget(Watch watch)
    {
        lock (_lock)
        {
            _watched.Remove(watch);
        }
    }

    /// <summary>A batch that needs no turn is under way from here on; false where it needs one.</summary>
    private bool TryBegin(Watch own)
    {
        lock (_lock)
        {
            if (_watched.Count > 0)
            {
                (own.IsComing, own.QuietFor) = (true, TimeSpan.Zero);
                return false;
            }

            _underWay++;
            return true;
        }
    }

    /// <summary>A batch is through that went in turn; one that failed comes again, or its partition is given up.</summary>
    private void WentThrough(Watch own)
    {
        lock (_lock)
        {
            var since = time.GetElapsedTime(_lastThrough);
            _lastThrough = time.GetTimestamp();
            own.IsComing = false;
            foreach (var other in _watched.FindAll(watch => watch != own && !watch.IsComing))
            {
                other.QuietFor += since < QuietStep ? since : QuietStep;
                if (other.QuietFor > QuietAfter)
                {
                    other.Left = 0;
                    _watched.Remove(other);
                    Log.QuietAgain(logger, other.Partition);
                }
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _underWay--;
            if (_underWay == 0)
            {
                _noneUnderWay?.SetResult();
                _noneUnderWay = null;
            }
        }
    }

    private Task NoneUnderWayAsync()
    {
        lock (_lock)
        {
            return _underWay == 0
                ? Task.CompletedTask
                : (_noneUnderWay ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private static Task SendAsync(
        ConsumeContext<RecordBatch<OrderReceived>> context,
        IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next,
        RecordBatch<OrderReceived> part) =>
        next.Send(part == context.Message ? context : new MessageConsumeContext<RecordBatch<OrderReceived>>(context, part));

    /// <summary>One partition, from its announcement until it is given up; one batch of it is in flight at a time.</summary>
    private sealed class Watch
    {
        /// <summary>Its number.</summary>
        public required int Partition { get; init; }

        /// <summary>How many records still go one by one; 0 in normal life.</summary>
        public int Left { get; set; }

        /// <summary>Whether its next batch is on its way: before the first one, and until one that began to wait for its turn is through.</summary>
        public bool IsComing { get; set; } = true;

        /// <summary>How long none came while others' went through.</summary>
        public TimeSpan QuietFor { get; set; }

        /// <summary>The offset that was marked when a process before ended.</summary>
        public long? Suspect { get; set; }

        /// <summary>How many starts before this one marked it.</summary>
        public int Marks { get; init; }
    }
}

/// <summary>Where a record goes that a process ended with.</summary>
internal interface ISuspectRecords
{
    /// <summary>Accounts for a batch of one record as a dead letter; its bytes are kept and not looked into.</summary>
    Task KeepAsync(RecordBatch<OrderReceived> alone, CancellationToken cancellationToken);
}
