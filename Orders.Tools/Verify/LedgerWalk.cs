using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>
/// I2 in one partition: each acknowledged record stands on the topic where the broker said, or was accounted for before the broker deleted it.
/// </summary>
internal sealed class LedgerWalk(
    LedgerFile ledger, int partition, LogBounds bounds, Snapshot snapshot, Anomalies anomalies, Figures figures)
{
    private readonly List<AckedSend> _sends = ledger.AckedOf(partition);
    private readonly bool _isFirstLife = snapshot.RangesOf(partition).All(range => range.Epoch == snapshot.Standings.GetValueOrDefault(partition).Epoch);
    private List<(long First, long Next)>? _accounted;
    private int _next;

    public void Take(long offset, byte[]? value)
    {
        MissUpTo(offset);
        for (; _next < _sends.Count && _sends[_next].Offset == offset; _next++)
        {
            if (_sends[_next].Hash != Digest.OfNullable(value))
            {
                Miss(_sends[_next], "acknowledged, but another record stands there");
            }
        }
    }

    public void Finish() => MissUpTo(long.MaxValue);

    private void MissUpTo(long offset)
    {
        for (; _next < _sends.Count && _sends[_next].Offset < offset; _next++)
        {
            Miss(_sends[_next], "acknowledged, but neither on the topic nor accounted for");
        }
    }

    private void Miss(AckedSend send, string text)
    {
        // In an earlier life of the partition the same offset was another record; below the beginning nothing can be looked up.
        var isGone = send.Offset < bounds.Low || !_isFirstLife;
        if (isGone && WasAccountedFor(send.Offset))
        {
            figures.LedgerExpired++;
            return;
        }

        anomalies.Add(AnomalyName.LostWrite, Coordinates.Record(Topics.Orders, partition, send.Offset), $"{text} ({ledger.Name(send)})");
    }

    private bool WasAccountedFor(long offset)
    {
        _accounted ??= Merge();
        var at = _accounted.BinarySearch((offset, long.MaxValue));
        at = (at < 0 ? ~at : at) - 1;
        return at >= 0 && offset < _accounted[at].Next;
    }

    /// <summary>What was accounted for in any epoch, as few spans as that makes.</summary>
    private List<(long First, long Next)> Merge()
    {
        var spans = new List<(long First, long Next)>();
        foreach (var range in snapshot.RangesOf(partition).Where(range => range.Lost == 0).OrderBy(range => range.First))
        {
            if (spans.Count > 0 && range.First <= spans[^1].Next)
            {
                spans[^1] = (spans[^1].First, Math.Max(spans[^1].Next, range.Next));
            }
            else
            {
                spans.Add((range.First, range.Next));
            }
        }

        return spans;
    }
}
