using Bus.Kafka.Records;

namespace Bus.Kafka.Watermarks;

/// <summary>
/// Where one partition is read: starts one record before the watermark to recognise the log by it, then takes every record at or above.
/// Pure; it never passes an offset that was not handed out.
/// </summary>
internal sealed class PartitionPosition(Watermark watermark)
{
    private LastRecord? _toRecognise = watermark.Last;
    private volatile Watermark _accounted = watermark;
    private volatile Watermark _start = watermark;

    /// <summary>The epoch of everything taken.</summary>
    public int Epoch { get; } = watermark.Epoch;

    /// <summary>Where reading began; in an epoch without a record yet, behind the first ones that were accounted for. Any thread may ask.</summary>
    public Watermark Start => _start;

    /// <summary>What is accounted for, as far as this reader knows: somebody else may have moved the watermark on. Any thread may ask.</summary>
    public Watermark Accounted => _accounted;

    /// <summary>The next offset to hand out; the worker moves it.</summary>
    public long Next { get; private set; } = watermark.Position;

    /// <summary>The next offset to receive; the poll thread moves it, ahead of <see cref="Next"/>.</summary>
    public long Received { get; private set; } = watermark.Position;

    /// <summary>The offset to begin fetching at: the last accounted record, so that a re-created topic is seen.</summary>
    public long FetchFrom => _toRecognise?.Offset ?? Received;

    /// <summary>Judges the next record of the log; offsets only ever rise between two calls.</summary>
    public Arrival Arrive(Record record)
    {
        if (_toRecognise is { } last && record.Offset < Received)
        {
            _toRecognise = null;
            return record.Offset == last.Offset && record.Timestamp == last.Timestamp && LastRecord.HashOf(record.Value).AsSpan().SequenceEqual(last.ValueHash)
                ? Arrival.Accounted
                : Arrival.OtherLog;
        }

        // The last accounted record may be gone (compacted, expired); what comes at or above the watermark is new either way.
        _toRecognise = null;
        if (record.Offset < Received)
        {
            return Arrival.Accounted;
        }

        Received = record.Offset + 1;
        return Arrival.New;
    }

    /// <summary>Goes on at <paramref name="low"/>, or where it stands when that is above: the records below are no longer in the log.</summary>
    public void SkipTo(long low)
    {
        _toRecognise = null;
        Received = Math.Max(Received, low);
    }

    /// <summary>Everything below <paramref name="next"/> is accounted for; <paramref name="last"/> is the last record of it, null where it held none.</summary>
    public void Advance(long next, Record? last)
    {
        Next = next;
        var known = last is null ? _accounted.Last : new LastRecord(last.Offset, last.Timestamp, LastRecord.HashOf(last.Value));
        _accounted = new Watermark(Epoch, next, known);
        if (_start is { Last: null, Known: null })
        {
            _start = _accounted;
        }
    }
}

/// <summary>What a record is to the reader of its partition.</summary>
internal enum Arrival
{
    /// <summary>Below the watermark and the one that was expected there.</summary>
    Accounted,

    /// <summary>At or above the watermark.</summary>
    New,

    /// <summary>Another record than the one accounted for at this offset: the topic was deleted and created again.</summary>
    OtherLog,
}
