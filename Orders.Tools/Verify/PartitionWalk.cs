using Confluent.Kafka;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>Where what a range counts is not what its records come to, as long as none of these orders turns out to be undecidable.</summary>
internal sealed record RangeDoubt(string Where, string Text, bool IsMore, IReadOnlyList<OrderNote> Orders);

/// <summary>
/// One partition of the topic in offset order, beside its ranges, its dead letters and the ledger: folds the orders again and compares what each
/// record came to with what was counted.
/// </summary>
internal sealed class PartitionWalk
{
    private readonly int _partition;
    private readonly Snapshot _snapshot;
    private readonly AccountCheck _accounts;
    private readonly EventNotes _events;
    private readonly Anomalies _anomalies;
    private readonly Figures _figures;
    private readonly LogBounds _bounds;
    private readonly Standing _standing;
    private readonly List<AccountedRange> _ranges;
    private readonly List<KeptLetter> _letters;
    private readonly List<ForcedRange> _forced;
    private readonly LedgerWalk? _ledger;
    private readonly List<OrderNote> _touched = [];
    private readonly List<RangeDoubt> _doubts;
    private readonly long[] _verdicts = new long[5];
    private int _range;
    private int _letter;
    private long _present;
    private bool _isHoley;

    public PartitionWalk(
        int partition, LogBounds bounds, Snapshot snapshot, AccountCheck accounts, EventNotes events, LedgerWalk? ledger, List<RangeDoubt> doubts,
        Anomalies anomalies, Figures figures)
    {
        (_partition, _bounds, _snapshot, _accounts, _events) = (partition, bounds, snapshot, accounts, events);
        (_ledger, _doubts, _anomalies, _figures) = (ledger, doubts, anomalies, figures);
        _standing = snapshot.Standings.GetValueOrDefault(partition, new Standing(0, bounds.Low));
        _ranges = [.. snapshot.RangesOf(partition).Where(range => range.Epoch == _standing.Epoch)];
        _letters = [.. snapshot.LettersOf(partition).Where(letter => letter.Epoch == _standing.Epoch)];
        _forced = [.. snapshot.ForcedOf(partition).Where(range => range.Epoch == _standing.Epoch)];
        End = _ranges.Count == 0 ? Math.Min(bounds.Low, _standing.Position) : _ranges[^1].Next;
    }

    /// <summary>The offset from which on nothing is accounted for yet.</summary>
    public long End { get; }

    public int Epoch => _standing.Epoch;

    /// <summary>Whether all that was ever accounted for in this partition is still on the topic, so that its orders can be folded from nothing.</summary>
    public bool IsWhole =>
        !_isHoley
        && End <= _bounds.End
        && _snapshot.RangesOf(_partition).Count == _ranges.Count
        && (_ranges.Count == 0 || _bounds.Low <= _ranges[0].First);

    public void Begin()
    {
        var start = _ranges.Count == 0 ? _standing.Position : _ranges[0].First;
        if (_bounds.Low < start && (_ranges.Count > 0 || _standing.Epoch > 0))
        {
            _anomalies.Add(
                AnomalyName.Unaccounted,
                Coordinates.Range(Topics.Orders, _partition, Epoch, _bounds.Low, Math.Min(start, _bounds.End)),
                "on the topic, below everything that is accounted for in this epoch");
        }
    }

    public void Take(ConsumeResult<byte[]?, byte[]?> record)
    {
        var offset = record.Offset.Value;
        _figures.Records++;
        _ledger?.Take(offset, record.Message.Value);
        if (offset >= End)
        {
            _figures.Lag++;
            return;
        }

        _figures.Accounted++;
        while (_range < _ranges.Count && _ranges[_range].Next <= offset)
        {
            CloseRange();
        }

        _present++;
        var letter = LetterAt(offset);
        if (letter is not null)
        {
            Compare(letter, record);
        }

        Fold(record, letter is { IsOfReprocess: true } ? null : letter);
    }

    /// <summary>After the last record.</summary>
    public void Finish()
    {
        while (_range < _ranges.Count)
        {
            CloseRange();
        }

        _ledger?.Finish();
    }

    private void Fold(ConsumeResult<byte[]?, byte[]?> record, KeptLetter? letter)
    {
        var (offset, message) = (record.Offset.Value, record.Message);
        var forced = letter is null or { IsResolved: true } ? TimesForced(offset) : 0;
        if (letter is { HadEffect: false, WasRepeat: false } && forced == 0)
        {
            return;
        }

        var order = OrderRules.Subject(_snapshot.Orders, message.Key, message.Value, out var content);
        if (letter is { HadEffect: false } && (!letter.WasRepeat || order?.FoldHash != content))
        {
            // Older than what came later, or a repetition of it, found when it was replayed: it moved nothing, unless it was forced since.
            order?.Forced += forced;
            return;
        }

        var verdict = order is not null ? Apply(order, offset, content, forced)
            // A removal under a key that can be no order's is left out by a rule; without key and value it should have been kept.
            : message is { Value: null, Key: not null } ? Verdict.Ignored
            : Verdict.Unreadable;
        if (letter is not null)
        {
            return;
        }

        _verdicts[(int)verdict]++;
        if (verdict == Verdict.Unreadable && !IsInBlamedRange() && _verdicts[(int)verdict] > _ranges[_range].Expired)
        {
            _anomalies.Add(
                AnomalyName.Unaccounted, Coordinates.Record(Topics.Orders, _partition, offset), "holds no order, and there is no dead letter of it");
        }
    }

    private Verdict Apply(OrderNote order, long offset, UInt128 content, int forced)
    {
        var verdict = OrderRules.Apply(order, _partition, offset, content);
        order.IsAmongBlamed |= IsInBlamedRange();
        _touched.Add(order);
        if (order.HasRow && (order.RowEpoch, order.RowPartition, order.RowOffset) == (Epoch, _partition, offset))
        {
            order.DiffersFromItsRecord = order.RowHash != content;
        }

        if (verdict is Verdict.Stored or Verdict.Removed)
        {
            var suspect = Tell(order, content);
            order.SuspectEvent = order.SuspectEvent < 0 ? suspect : order.SuspectEvent;
        }

        order.Forced += forced;
        return verdict;
    }

    private int TimesForced(long offset)
    {
        var times = 0;
        foreach (var range in _forced)
        {
            times += range.First <= offset && offset < range.Next ? 1 : 0;
        }

        return times;
    }

    /// <summary>
    /// Finds the event that told of the change: that of the next version; once records of the order were forced, that of the next version with this
    /// content, for some of those in between may repeat what they said.
    /// </summary>
    /// <returns>The index of an event that should tell of it and does not; -1 where all is well, or no longer to be seen.</returns>
    private int Tell(OrderNote order, UInt128 content)
    {
        for (var version = order.ToldVersion + 1; version <= order.ToldVersion + 1 + order.Forced; version++)
        {
            var told = _events.Find(order, version);
            if (told < 0 || _events[told].Hash == content)
            {
                order.ToldVersion = told < 0 ? order.ToldVersion + 1 : version;
                return -1;
            }
        }

        order.ToldVersion++;
        return _events.Find(order, order.ToldVersion);
    }

    private KeptLetter? LetterAt(long offset)
    {
        while (_letter < _letters.Count && _letters[_letter].Offset < offset)
        {
            _letter++;
        }

        return _letter < _letters.Count && _letters[_letter].Offset == offset ? _letters[_letter++] : null;
    }

    private void Compare(KeptLetter letter, ConsumeResult<byte[]?, byte[]?> record)
    {
        var message = record.Message;
        var timestamp = message.Timestamp.Type == TimestampType.NotAvailable ? -1 : message.Timestamp.UnixTimestampMs;
        (string, byte[]?)[] headers = message.Headers is null ? [] : [.. message.Headers.Select(header => (header.Key, header.GetValueBytes()))];
        _figures.DeadLettersCompared++;
        if (Digest.OfRecord(message.Key, message.Value, timestamp, headers) != letter.Digest)
        {
            _anomalies.Add(
                AnomalyName.DeadLetterAltered,
                Coordinates.Record(Topics.Orders, _partition, record.Offset.Value),
                $"dead letter {letter.Id} ({letter.Reason}, {letter.State}) differs from the record in key, value, headers or timestamp");
        }
    }

    private bool IsInBlamedRange() => _range < _ranges.Count && _accounts.IsBlamed(_partition, _ranges[_range]);

    private void CloseRange()
    {
        var range = _ranges[_range];
        if (range.First >= _bounds.Low && range.Next <= _bounds.End && !IsInBlamedRange())
        {
            CompareCounts(range);
        }

        _range++;
        _present = 0;
        Array.Clear(_verdicts);
        _touched.Clear();
    }

    private void CompareCounts(in AccountedRange range)
    {
        if (range.Expired > 0)
        {
            // Which of its records had been dead letters, and what their replay came to, is no longer known.
            _isHoley = true;
            return;
        }

        var where = Coordinates.Range(Topics.Orders, _partition, Epoch, range.First, range.Next);
        var holes = range.Next - range.First - _present;
        if (holes != range.Absent + range.Lost)
        {
            _isHoley |= holes > range.Absent + range.Lost;
            if (holes < range.Absent + range.Lost)
            {
                _anomalies.Add(AnomalyName.Unaccounted, where, $"{range.Absent + range.Lost} offsets are counted as without a record, {holes} have none");
            }

            return;
        }

        _figures.RangesFolded++;
        var (stored, duplicate) = (_verdicts[(int)Verdict.Stored], _verdicts[(int)Verdict.Duplicate]);
        var (removed, ignored) = (_verdicts[(int)Verdict.Removed], _verdicts[(int)Verdict.Ignored]);
        var isSame = (stored, duplicate, removed, ignored, 0L) == (range.Stored, range.Duplicate, range.Removed, range.Ignored, range.Superseded);
        if (!isSame && _verdicts[(int)Verdict.Unreadable] == 0)
        {
            _doubts.Add(new(
                where,
                $"counted {range.Stored} stored, {range.Duplicate} duplicate, {range.Superseded} superseded, {range.Removed} removed, {range.Ignored} ignored; "
                    + $"the records make {stored} stored, {duplicate} duplicate, 0 superseded, {removed} removed, {ignored} ignored",
                range.Stored + range.Removed > stored + removed,
                [.. _touched]));
        }
    }
}
