using System.Globalization;
using Bus.Storage.Reprocessing;

namespace Orders.Service.Reprocessing;

/// <summary>One partition as it stands when a range is asked for.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Epoch">The epoch of its watermark, which the records belong to.</param>
/// <param name="Watermark">Up to where it is ingested.</param>
/// <param name="Low">Where its log begins.</param>
/// <param name="AtFrom">The first offset at or after the time asked for as the beginning; null where none was, or no record is that late.</param>
/// <param name="AtTo">The same for the end.</param>
internal readonly record struct PlannedPartition(int Number, int Epoch, long Watermark, long Low, long? AtFrom = null, long? AtTo = null);

/// <summary>
/// Turns what was asked for into offsets of each partition, or says why it is refused. Pure. Only what was ingested before can be ingested
/// again: a time in the future means the watermark, an offset above it is refused, and so is an offset the log no longer holds.
/// </summary>
internal static class ReprocessPlan
{
    /// <summary>The ranges that hold any offset; or the refusal, one sentence or two.</summary>
    public static (IReadOnlyList<OffsetRange> Ranges, string? Refusal) Of(OffsetBound from, OffsetBound to, IReadOnlyList<PlannedPartition> partitions)
    {
        var ranges = new List<OffsetRange>();
        foreach (var partition in partitions)
        {
            var first = Resolve(from, partition, partition.AtFrom);
            var next = Resolve(to, partition, partition.AtTo);
            if (from.Offset is not null && to.Offset is not null && next <= first)
            {
                return ([], Invariant($"The range from offset {first} to {next} holds nothing: its end is the first offset that is not done."));
            }

            if (from.Offset > partition.Watermark || to.Offset > partition.Watermark)
            {
                return ([], Invariant(
                    $"Partition {partition.Number} is ingested up to offset {partition.Watermark}, so nothing above can be ingested again; ")
                    + Invariant($"{Math.Max(from.Offset ?? 0, to.Offset ?? 0)} was asked for. Give end, or at most {partition.Watermark}."));
            }

            if (from.Offset < partition.Low)
            {
                var gone = Math.Min(next, partition.Low) - first;
                return ([], Invariant(
                    $"Partition {partition.Number}: {gone} of the offsets asked for, {first} to {first + gone - 1}, are gone: the log begins at ")
                    + Invariant($"{partition.Low}. Give start, or at least {partition.Low}."));
            }

            if (first < next)
            {
                ranges.Add(new OffsetRange(partition.Number, partition.Epoch, first, next));
            }
        }

        return ranges.Count > 0 ? (ranges, null) : ([], "The range holds no offset that was ingested; there is nothing to do.");
    }

    private static long Resolve(OffsetBound bound, in PlannedPartition partition, long? atTime) =>
        bound.Offset is { } offset ? offset
        : bound.IsStart ? partition.Low
        : bound.IsEnd ? partition.Watermark
        : Math.Min(atTime ?? partition.Watermark, partition.Watermark);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
