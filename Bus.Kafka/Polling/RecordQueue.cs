using Bus.Kafka.Endpoints;
using Bus.Kafka.Records;

namespace Bus.Kafka.Polling;

/// <summary>
/// What one partition has received and nobody has taken yet. One writer (the poll thread), one reader (the partition's worker), who is woken when a
/// batch is full, when the writer says so, and where nothing but the end of the log is left to account for.
/// </summary>
internal sealed class RecordQueue(TopicEndpointOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<Record> _records = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly ManualResetEventSlim _room = new(initialState: true);
    private long _bytes;
    private long _end = -1;

    /// <summary>Whether the limits are reached; the one record that crossed them is in.</summary>
    public bool IsFull => !_room.IsSet;

    /// <summary>Adds a record, whatever the limits say: it has been taken from the client and cannot be put back.</summary>
    public void Enqueue(Record record)
    {
        lock (_gate)
        {
            _records.Enqueue(record);
            _bytes += record.Size;
            if (_records.Count >= options.QueuedRecords || _bytes >= options.QueuedBytes)
            {
                _room.Reset();
            }

            if (_records.Count >= options.BatchRecords || _bytes >= options.BatchBytes)
            {
                Signal();
            }
        }
    }

    /// <summary>Wakes the reader for what there is, which is not worth waiting with any longer.</summary>
    public void HandOut()
    {
        lock (_gate)
        {
            if (_records.Count > 0)
            {
                Signal();
            }
        }
    }

    /// <summary>Notes that the partition's end was reached at <paramref name="offset"/>: what lies below and never came holds no record.</summary>
    public void ReachEnd(long offset)
    {
        lock (_gate)
        {
            _end = offset;
            if (_records.Count == 0)
            {
                Signal();
            }
        }
    }

    /// <summary>Blocks the poll thread until there is room again; false when there was none within <paramref name="patience"/>.</summary>
    public bool WaitForRoom(TimeSpan patience, CancellationToken cancellationToken) => _room.Wait(patience, cancellationToken);

    /// <summary>Waits until there may be something to take.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _arrived.WaitAsync(cancellationToken);

    /// <summary>Takes the longest run a batch may hold; the fetch position behind it is never below <paramref name="position"/>.</summary>
    public Run Cut(long position)
    {
        lock (_gate)
        {
            var records = new List<Record>(Math.Min(_records.Count, options.BatchRecords));
            long bytes = 0;
            while (records.Count < options.BatchRecords
                && _records.TryPeek(out var record) && (records.Count == 0 || bytes + record.Size <= options.BatchBytes))
            {
                records.Add(_records.Dequeue());
                bytes += record.Size;
            }

            _bytes -= bytes;
            if (_records.Count <= options.QueuedRecords / 2 && _bytes <= options.QueuedBytes / 2)
            {
                _room.Set();
            }

            var next = records.Count > 0 ? records[^1].Offset + 1 : position;
            if (_records.Count > 0)
            {
                Signal();
            }
            else if (_end > next)
            {
                next = _end;
            }

            return new Run(records, next, Lost: 0);
        }
    }

    public void Dispose()
    {
        _arrived.Dispose();
        _room.Dispose();
    }

    private void Signal()
    {
        if (_arrived.CurrentCount == 0)
        {
            _arrived.Release();
        }
    }
}
