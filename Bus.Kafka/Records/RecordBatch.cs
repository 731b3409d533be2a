namespace Bus.Kafka.Records;

/// <summary>
/// A contiguous run of one partition, delivered to <c>IConsumer&lt;RecordBatch&lt;T&gt;&gt;</c> as one message. Whoever consumes it
/// accounts for every offset from <see cref="First"/> to <see cref="Next"/>: records, absent and lost offsets add up to that range.
/// </summary>
/// <typeparam name="T">What the records are said to hold; it names the message, nothing is decoded.</typeparam>
public sealed class RecordBatch<T>
    where T : class
{
    /// <summary>The consumer group that reads.</summary>
    public required string Group { get; init; }

    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The partition.</summary>
    public required int Partition { get; init; }

    /// <summary>Which life of the partition's log this run was read from.</summary>
    public required int Epoch { get; init; }

    /// <summary>The fetch position the run starts from; the watermark must stand exactly here.</summary>
    public required long First { get; init; }

    /// <summary>The fetch position behind the run.</summary>
    public required long Next { get; init; }

    /// <summary>The records, by offset.</summary>
    public required IReadOnlyList<Record> Records { get; init; }

    /// <summary>Offsets the broker deleted before they were read; they begin at <see cref="First"/>.</summary>
    public long Lost { get; init; }

    /// <summary>Offsets that hold no record: compacted away, or transaction markers.</summary>
    public long Absent => Next - First - Lost - Records.Count;
}
