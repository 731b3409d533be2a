using System.Globalization;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>
/// I1, as far as the database alone can tell it: within each epoch the ranges follow one another without hole or overlap, the last one ends at the
/// watermark, counts add up, and each dead letter a range counts is there.
/// </summary>
internal sealed class AccountCheck(Snapshot snapshot, Anomalies anomalies)
{
    private readonly HashSet<(int Partition, int Epoch, long First)> _blamed = [];

    /// <summary>Whether the range's own numbers are wrong, so that nothing follows from them.</summary>
    public bool IsBlamed(int partition, in AccountedRange range) => _blamed.Contains((partition, range.Epoch, range.First));

    public void Run()
    {
        foreach (var partition in snapshot.Partitions)
        {
            CheckOrder(partition);
            CheckLetters(partition);
        }
    }

    private void CheckOrder(int partition)
    {
        var standing = snapshot.Standings.GetValueOrDefault(partition);
        AccountedRange? before = null;
        foreach (var range in snapshot.RangesOf(partition))
        {
            if (range.Sum != range.Next - range.First)
            {
                Blame(
                    range.Sum < range.Next - range.First ? AnomalyName.Unaccounted : AnomalyName.DoubleAccount,
                    partition, range, $"{range.Next - range.First} offsets, {range.Sum} outcomes");
            }

            if (before is { } last && last.Epoch == range.Epoch)
            {
                CheckBorder(partition, range.Epoch, last.Next, range.First, "a hole between two ranges", "in two ranges");
            }

            before = range;
        }

        if (before is { } later && later.Epoch > standing.Epoch)
        {
            Blame(AnomalyName.DoubleAccount, partition, later, $"the watermark stands in epoch {standing.Epoch}, which is over: it comes again");
        }
        else if (before is { } end && end.Epoch == standing.Epoch)
        {
            CheckBorder(
                partition, end.Epoch, end.Next, standing.Position, "below the watermark, in no range", "accounted for above the watermark: it comes again");
        }
    }

    private void CheckBorder(int partition, int epoch, long end, long start, string hole, string overlap)
    {
        if (end < start)
        {
            anomalies.Add(AnomalyName.Unaccounted, Coordinates.Range(Topics.Orders, partition, epoch, end, start), hole);
        }
        else if (end > start)
        {
            anomalies.Add(AnomalyName.DoubleAccount, Coordinates.Range(Topics.Orders, partition, epoch, start, end), overlap);
        }
    }

    private void CheckLetters(int partition)
    {
        var letters = snapshot.LettersOf(partition).Where(letter => !letter.IsOfReprocess).ToList();
        var at = 0;
        foreach (var range in snapshot.RangesOf(partition))
        {
            while (at < letters.Count && IsBefore(letters[at], range))
            {
                BlameStray(partition, letters[at++]);
            }

            var first = at;
            while (at < letters.Count && letters[at].Epoch == range.Epoch && letters[at].Offset < range.Next)
            {
                at++;
            }

            if (at - first != range.Present)
            {
                var some = letters.Skip(first).Take(Math.Min(at - first, 5));
                var ids = string.Join(", ", some.Select(letter => letter.Id.ToString(CultureInfo.InvariantCulture)));
                var deleted = range.Expired == 0 ? "" : $" ({range.Expired} of them resolved long ago and deleted)";
                Blame(
                    at - first < range.Present ? AnomalyName.Unaccounted : AnomalyName.DoubleAccount,
                    partition,
                    range,
                    $"{range.Kept} records are counted as dead letters{deleted}, {at - first} are there{(ids.Length == 0 ? "" : $" (id {ids})")}");
            }
        }

        for (; at < letters.Count; at++)
        {
            BlameStray(partition, letters[at]);
        }
    }

    private static bool IsBefore(KeptLetter letter, in AccountedRange range) =>
        letter.Epoch < range.Epoch || (letter.Epoch == range.Epoch && letter.Offset < range.First);

    private void BlameStray(int partition, KeptLetter letter) => anomalies.Add(
        AnomalyName.Unaccounted, Coordinates.Record(Topics.Orders, partition, letter.Offset), $"dead letter {letter.Id} lies in no accounted range");

    private void Blame(string name, int partition, in AccountedRange range, string text)
    {
        _blamed.Add((partition, range.Epoch, range.First));
        anomalies.Add(name, Coordinates.Range(Topics.Orders, partition, range.Epoch, range.First, range.Next), text);
    }
}
