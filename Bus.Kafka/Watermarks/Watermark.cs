using System.Security.Cryptography;

namespace Bus.Kafka.Watermarks;

/// <summary>The offset below which every record of a partition is accounted for.</summary>
/// <param name="Epoch">Which life of the partition's log <paramref name="Position"/> counts in, from 1.</param>
/// <param name="Position">The next offset to account for.</param>
/// <param name="Last">The last record accounted for in this epoch: what the log is recognised by. Null before the first one.</param>
public sealed record Watermark(int Epoch, long Position, LastRecord? Last)
{
    /// <summary>
    /// A record that was accounted for when the log was last seen to be the one that is read, as it was loaded; null where that is not known.
    /// <see cref="Last"/> may have been read since, from another log. Of a group that has read nothing yet it is another group's, ahead of the position.
    /// </summary>
    public LastRecord? Known { get; init; }
}

/// <summary>What a partition's log is recognised by: a re-created topic has another record at this offset, or none.</summary>
/// <param name="Offset">The record's offset.</param>
/// <param name="Timestamp">Its timestamp in milliseconds.</param>
/// <param name="ValueHash">SHA-256 of its value; empty for a null value.</param>
public sealed record LastRecord(long Offset, long Timestamp, byte[] ValueHash)
{
    /// <summary>SHA-256 of a value; empty for null, which no value hashes to.</summary>
    public static byte[] HashOf(byte[]? value) => value is null ? [] : SHA256.HashData(value);
}

/// <summary>Where an endpoint's watermarks are kept. Without one the group's committed offsets are the watermark.</summary>
public interface IWatermarkStore
{
    /// <summary>The watermarks of the partitions; one that has none yet gets one at its low offset, which is what is given for each.</summary>
    ValueTask<IReadOnlyDictionary<int, Watermark>> LoadAsync(
        string group, string topic, IReadOnlyDictionary<int, long> lowOffsets, CancellationToken cancellationToken);

    /// <summary>Ends <paramref name="epoch"/> and starts the next at <paramref name="position"/>; where somebody else has done so, theirs holds.</summary>
    ValueTask<Watermark> StartEpochAsync(
        string group, string topic, int partition, int epoch, long position, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps, as what each partition's log is known by, the last record of the watermark given for it: the log was looked at and is the one it came
    /// from. Nothing is kept where the epoch has ended or a later record is kept already.
    /// </summary>
    ValueTask RecogniseAsync(string group, string topic, IReadOnlyDictionary<int, Watermark> logs, CancellationToken cancellationToken);

    /// <summary>The partitions are given up in order, nothing of theirs is in work any more. After a crash this is never called.</summary>
    ValueTask ReleaseAsync(string group, string topic, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>
/// A batch does not adjoin the watermark: somebody else accounted for it, or the database went back. The rider takes its partitions
/// anew and starts at the watermark; a watermark that is gone (null) starts at the low offset, as for a partition nobody has read.
/// </summary>
public sealed class WatermarkMismatchException(Watermark? watermark) : Exception(watermark is null
    ? "The watermark of the batch's partition is gone from the store."
    : $"The batch does not adjoin the watermark, which stands at offset {watermark.Position} of epoch {watermark.Epoch}.")
{
    /// <summary>Where it stands; null where it is gone.</summary>
    public Watermark? Watermark { get; } = watermark;
}
