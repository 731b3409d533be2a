using Bus.Kafka.Endpoints;
using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Microsoft.Extensions.Logging;

namespace Bus.Kafka.Polling;

/// <summary>
/// Works one partition, one batch in flight: cuts a run from the queue and hands it on until it is accounted for. A batch that fails
/// is held and tried again for as long as the partition is ours; its offsets are never passed.
/// </summary>
internal sealed class PartitionWorker : IAsyncDisposable
{
    private readonly TopicEndpointOptions _options;
    private readonly IPartitionOwner _owner;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly Task _run;
    private PartitionPosition _position;
    private volatile Exception? _held;

    public PartitionWorker(int partition, Watermark watermark, IPartitionOwner owner, TopicEndpointOptions options, TimeProvider time, ILogger logger)
    {
        Partition = partition;
        _position = new PartitionPosition(watermark);
        _owner = owner;
        _options = options;
        _time = time;
        _logger = logger;
        Queue = new RecordQueue(options.QueuedRecords, options.QueuedBytes);
        _run = Task.Run(RunAsync);
    }

    public int Partition { get; }

    public RecordQueue Queue { get; }

    /// <summary>The next offset to hand out, and its epoch.</summary>
    public PartitionPosition Position => Volatile.Read(ref _position);

    /// <summary>Why the batch in flight is held back; null while all is well.</summary>
    public Exception? Held => _held;

    /// <summary>Called by the poll thread for every record of the partition; true when the log turns out to be another one.</summary>
    public bool Receive(Record record)
    {
        switch (_position.Arrive(record))
        {
            case Arrival.New:
                Queue.Enqueue(record);
                return false;
            case Arrival.OtherLog:
                return true;
            default:
                return false;
        }
    }

    /// <summary>Called by the poll thread at the end of the log: offsets below that never came hold no record.</summary>
    public void ReachEnd(long offset)
    {
        if (offset > _position.Next)
        {
            _position.SkipTo(offset);
            Queue.ReachEnd(offset);
        }
    }

    /// <summary>Continues elsewhere; called by the poll thread, before it seeks there.</summary>
    public void Restart(Watermark watermark)
    {
        Queue.Clear();
        Volatile.Write(ref _position, new PartitionPosition(watermark));
    }

    /// <summary>Lets the batch in flight end, within the patience for it, and takes no other.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _aborting.CancelAfter(_options.StopPatience);
        await _run.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _aborting.CancelAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _aborting.Dispose();
        Queue.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // Asked to stop: whatever was not accounted for is read again by the partition's next owner.
                return;
            }
            catch (Exception exception)
            {
                Log.WorkerFailed(_logger, exception, Partition);
                await Task.Delay(_options.HoldMost, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task RunOnceAsync()
    {
        await Queue.WaitAsync(_stopping.Token).ConfigureAwait(false);
        if (_options.BatchLinger > TimeSpan.Zero && Queue.Count < _options.BatchRecords)
        {
            await Task.Delay(_options.BatchLinger, _time, _stopping.Token).ConfigureAwait(false);
        }

        var position = Position;
        var run = Queue.Cut(position.Next, _options.BatchRecords, _options.BatchBytes);
        if (run.Next == position.Next)
        {
            return;
        }

        if (await AccountAsync(position, run).ConfigureAwait(false))
        {
            position.Advance(run.Next);
            _owner.Accounted(Partition, run.Next);
        }
    }

    /// <summary>False when the watermark stands elsewhere; by then the partition is read from there.</summary>
    private async Task<bool> AccountAsync(PartitionPosition position, Run run)
    {
        for (var hold = _options.HoldFirst; ; hold = hold * 2 < _options.HoldMost ? hold * 2 : _options.HoldMost)
        {
            try
            {
                await _owner.DispatchAsync(Partition, position.Epoch, position.Next, run, _aborting.Token).ConfigureAwait(false);
                if (_held is not null)
                {
                    _held = null;
                    Log.Released(_logger, Partition, position.Next);
                }

                return true;
            }
            catch (WatermarkMismatchException mismatch)
            {
                _held = null;
                Log.Mismatch(_logger, Partition, position.Epoch, position.Next, mismatch.Watermark.Epoch, mismatch.Watermark.Position);
                await _owner.SeekAsync(this, mismatch.Watermark, _stopping.Token).ConfigureAwait(false);
                return false;
            }
            catch (Exception exception) when (!_aborting.IsCancellationRequested)
            {
                if (_held is null)
                {
                    Log.Held(_logger, exception, Partition, position.Next, run.Next);
                }

                _held = exception;
                await Task.Delay(hold, _time, _stopping.Token).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>A contiguous run of records, the fetch position behind it, and how many offsets before them the broker deleted unread.</summary>
internal sealed record Run(IReadOnlyList<Record> Records, long Next, long Lost);

/// <summary>What a worker needs of the consumer that owns its partition.</summary>
internal interface IPartitionOwner
{
    /// <summary>Sends the run through the endpoint's pipeline; returns when it is accounted for.</summary>
    Task DispatchAsync(int partition, int epoch, long first, Run run, CancellationToken cancellationToken);

    /// <summary>Reads the worker's partition from the watermark on; returns when nothing older can arrive.</summary>
    Task SeekAsync(PartitionWorker worker, Watermark watermark, CancellationToken cancellationToken);

    /// <summary>Everything below <paramref name="next"/> is accounted for: the group's offset may follow.</summary>
    void Accounted(int partition, long next);
}
