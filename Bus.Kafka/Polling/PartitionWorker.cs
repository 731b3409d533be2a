using Bus.Kafka.Endpoints;
using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Failpoints;
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
    private readonly PartitionPosition _position;
    private Run? _unaccounted;
    private volatile Exception? _held;
    private volatile bool _isHeard;

    /// <param name="partition">Its number.</param>
    /// <param name="position">Where to read from.</param>
    /// <param name="lost">How many offsets before that the broker deleted unread; they are accounted for first.</param>
    /// <param name="owner">Takes the batches.</param>
    /// <param name="options">Batch sizes, queues and patience.</param>
    /// <param name="time">For waits.</param>
    /// <param name="logger">For what happens to batches.</param>
    public PartitionWorker(
        int partition, PartitionPosition position, long lost, IPartitionOwner owner, TopicEndpointOptions options, TimeProvider time, ILogger logger)
    {
        Partition = partition;
        _position = position;
        _owner = owner;
        _options = options;
        _time = time;
        _logger = logger;
        Queue = new RecordQueue(options);
        _unaccounted = lost == 0 ? null : new Run([], position.Next + lost, lost);
        _run = Task.Run(RunAsync);
    }

    public int Partition { get; }

    public RecordQueue Queue { get; }

    /// <summary>The epoch it is read in.</summary>
    public int Epoch => _position.Epoch;

    /// <summary>How far it is accounted for; any thread may ask.</summary>
    public ReadLog Read => new(_position.Start, _position.Accounted);

    /// <summary>Why nothing of the partition is accounted for right now, as the rest of a sentence; null while all is well.</summary>
    public string? Problem => _held is { } held ? $"is held at offset {_position.Next}: {held.GetType().Name}" : _isHeard ? null : "has not answered yet";

    /// <summary>Called by the poll thread for every record of the partition; true when the log turns out to be another one.</summary>
    public bool Receive(Record record)
    {
        _isHeard = true;
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
        _isHeard = true;
        if (offset > _position.Received)
        {
            _position.SkipTo(offset);
            Queue.ReachEnd(offset);
        }
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
        // What failed in an unforeseen way is not forgotten: its offsets would be taken for absent ones.
        _unaccounted ??= await NextAsync().ConfigureAwait(false);
        if (_unaccounted.Next != _position.Next)
        {
            Failpoint.Hit("after_poll");
            await AccountAsync(_unaccounted).ConfigureAwait(false);
            _position.Advance(_unaccounted.Next, _unaccounted.Records.Count == 0 ? null : _unaccounted.Records[^1]);
            _owner.Accounted(Partition, _unaccounted.Next);
        }

        _unaccounted = null;
    }

    private async Task<Run> NextAsync()
    {
        await Queue.WaitAsync(_stopping.Token).ConfigureAwait(false);
        return Queue.Cut(_position.Next);
    }

    /// <summary>Returns when the run is accounted for; where the watermark stands elsewhere, never: the partition is about to be taken anew.</summary>
    private async Task AccountAsync(Run run)
    {
        for (var hold = _options.HoldFirst; ; hold = hold * 2 < _options.HoldMost ? hold * 2 : _options.HoldMost)
        {
            try
            {
                await _owner.PassAsync(
                    () => _owner.DispatchAsync(Partition, Epoch, _position.Next, run, _aborting.Token), _stopping.Token).ConfigureAwait(false);
                if (_held is not null)
                {
                    _held = null;
                    Log.Released(_logger, Partition, _position.Next);
                }

                return;
            }
            catch (WatermarkMismatchException mismatch)
            {
                Log.Mismatch(_logger, Partition, Epoch, _position.Next, mismatch.Message);
                _held = mismatch;
                _owner.Rejoin();
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception) when (!_aborting.IsCancellationRequested)
            {
                if (_held is null)
                {
                    Log.Held(_logger, exception, Partition, _position.Next, run.Next);
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

    /// <summary>Waits until a batch may go, then sends it.</summary>
    Task PassAsync(Func<Task> dispatch, CancellationToken stopping) => dispatch();

    /// <summary>Asks to leave the group and join again: every partition then starts where its watermark stands.</summary>
    void Rejoin();

    /// <summary>Everything below <paramref name="next"/> is accounted for: the group's offset may follow.</summary>
    void Accounted(int partition, long next);
}
