using System.Text.Json.Serialization;
using Bus.Storage.Inbox;
using Bus.Storage.Reprocessing;

namespace Orders.Service.Operations.Reprocessing;

/// <summary>What is asked for; each bound an offset, a time, <c>start</c> or <c>end</c>, the second one the first offset that is not done.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ReprocessBody(string? From = null, string? To = null, int? Partition = null, bool Force = false);

/// <summary>How many offsets came to what.</summary>
internal sealed record ReprocessCounts(long Stored, long Duplicate, long Superseded, long Removed, long Ignored, long Dead, long Parked, long Absent)
{
    public static ReprocessCounts Of(IReadOnlyCollection<OutcomeCounts> counts) => new(
        counts.Sum(count => count.Stored),
        counts.Sum(count => count.Duplicate),
        counts.Sum(count => count.Superseded),
        counts.Sum(count => count.Removed),
        counts.Sum(count => count.Ignored),
        counts.Sum(count => count.Dead),
        counts.Sum(count => count.Parked),
        counts.Sum(count => count.Absent));
}

/// <summary>One partition's range and how far it is done: everything below <paramref name="Position"/>.</summary>
internal sealed record ReprocessedPartition(int Partition, int Epoch, long First, long Next, long Position);

/// <summary>A job as it stands; its counts are of what is done.</summary>
internal sealed record ReprocessAnswer(
    string Schema,
    long Id,
    string State,
    bool Forced,
    string Topic,
    string Group,
    string Actor,
    DateTime StartedAt,
    DateTime? EndedAt,
    string? Problem,
    long Total,
    long Done,
    ReprocessCounts Counts,
    IReadOnlyList<ReprocessedPartition> Partitions)
{
    public static ReprocessAnswer Of(ReprocessJob job, string? trouble) => new(
        "busorders/reprocess/1",
        job.Id,
        job.State,
        job.Forced,
        job.Topic,
        job.Group,
        job.RequestedBy,
        job.StartedAt,
        job.EndedAt,
        job.State == ReprocessStates.Running ? trouble : job.Problem,
        job.Ranges.Sum(range => range.Range.Next - range.Range.First),
        job.Ranges.Sum(range => range.Position - range.Range.First),
        ReprocessCounts.Of([.. job.Ranges.Select(range => range.Counts)]),
        [.. job.Ranges.Select(Of)]);

    private static ReprocessedPartition Of(ReprocessRange range) =>
        new(range.Range.Partition, range.Range.Epoch, range.Range.First, range.Range.Next, range.Position);
}
