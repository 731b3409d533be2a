using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;

namespace Orders.Service.Failures;

/// <summary>Cuts a batch into parts that adjoin: offsets without a record stay with what comes before them, lost ones with the first part.</summary>
internal static class BatchParts
{
    /// <summary>The two halves of a batch of at least two records.</summary>
    public static (RecordBatch<T> Left, RecordBatch<T> Right) Split<T>(RecordBatch<T> batch)
        where T : class
    {
        return Split(batch, batch.Records.Count / 2);
    }

    /// <summary>The first record of a batch that has one, and what comes behind it, <c>null</c> when nothing does.</summary>
    public static (RecordBatch<T> First, RecordBatch<T>? Others) TakeFirst<T>(RecordBatch<T> batch)
        where T : class => batch.Records.Count == 1 ? (batch, null) : Split(batch, 1);

    /// <summary>
    /// What is left of a batch behind a watermark inside it, <c>null</c> when nothing is. A part of it was committed before: by us, before
    /// another part failed or the answer to a commit was lost, or by the partition's next owner; all read the same log in the same epoch.
    /// </summary>
    /// <returns>False when the watermark lies elsewhere: then only the rider can find the way.</returns>
    public static bool TryBehind<T>(RecordBatch<T> batch, Watermark? watermark, out RecordBatch<T>? rest)
        where T : class
    {
        rest = null;
        if (watermark is null || watermark.Epoch != batch.Epoch || watermark.Position <= batch.First || watermark.Position > batch.Next)
        {
            return false;
        }

        if (watermark.Position < batch.Next)
        {
            var lost = Math.Max(0, batch.First + batch.Lost - watermark.Position);
            rest = Part(batch, watermark.Position, batch.Next, lost, [.. batch.Records.Where(record => record.Offset >= watermark.Position)]);
        }

        return true;
    }

    private static (RecordBatch<T> Left, RecordBatch<T> Right) Split<T>(RecordBatch<T> batch, int records)
        where T : class
    {
        var border = batch.Records[records].Offset;
        return (
            Part(batch, batch.First, border, batch.Lost, [.. batch.Records.Take(records)]),
            Part(batch, border, batch.Next, 0, [.. batch.Records.Skip(records)]));
    }

    private static RecordBatch<T> Part<T>(RecordBatch<T> batch, long first, long next, long lost, IReadOnlyList<Record> records)
        where T : class => new()
        {
            Group = batch.Group,
            Topic = batch.Topic,
            Partition = batch.Partition,
            Epoch = batch.Epoch,
            First = first,
            Next = next,
            Records = records,
            Lost = lost,
        };
}
