using System.Collections.Concurrent;
using Bus.Kafka.Watermarks;

namespace Bus.Kafka.Polling;

/// <summary>What a topic endpoint is doing, for health checks and status pages. Written by the threads that poll and recheck, read by anyone.</summary>
public sealed class TopicState(string topic, string group)
{
    private readonly ConcurrentDictionary<int, Entry> _partitions = new();
    private volatile Standing _standing = new("has not joined its group yet", BringsNothing: true);
    private volatile Standing? _unreachable;
    private long _polledAt;

    /// <summary>The topic that is read.</summary>
    public string Topic { get; } = topic;

    /// <summary>The group that reads.</summary>
    public string Group { get; } = group;

    /// <summary>Why nothing can be read right now, or why a batch is held back; null while all is well.</summary>
    public string? Problem
    {
        get
        {
            foreach (var (partition, entry) in _partitions)
            {
                if (entry.Problem() is { } problem)
                {
                    return $"partition {partition} {problem}";
                }
            }

            return _standing.Problem;
        }
    }

    /// <summary>When the client was polled last, in <see cref="TimeProvider.GetTimestamp"/> ticks; 0 before the first time.</summary>
    public long PolledAt => Volatile.Read(ref _polledAt);

    /// <summary>The partitions this instance holds.</summary>
    public IReadOnlyList<PartitionState> Partitions =>
        [.. _partitions.OrderBy(entry => entry.Key).Select(entry => new PartitionState(entry.Key, entry.Value.Epoch, entry.Value.Position, entry.Value.End))];

    internal void Polled(long timestamp) => Volatile.Write(ref _polledAt, timestamp);

    /// <summary>Whether the client has not joined its group, or has said that no broker is there, and there was no sign of it since.</summary>
    internal bool BringsNothing => _standing.BringsNothing;

    internal void Joined() => _standing = Standing.Well;

    /// <summary>Somebody else may read now; until it has joined again this instance does not.</summary>
    internal void Left() => _standing = new("is out of its group and joins again", BringsNothing: true);

    /// <summary>Something came from a broker.</summary>
    internal void Answered()
    {
        if (!ReferenceEquals(_standing, Standing.Well))
        {
            _standing = Standing.Well;
        }
    }

    internal void Missing() => _standing = new("waits for the topic, which does not exist yet", BringsNothing: false);

    /// <summary>No broker is there; nothing comes of the topic either when one is there again and there is nothing new.</summary>
    internal void Unreachable(string reason) => _standing = _unreachable = new Standing($"cannot read: {reason}", BringsNothing: true);

    /// <summary>What was so when no broker was there last; null where that never was.</summary>
    internal Standing? WhyUnreachable => _unreachable;

    /// <summary>A broker told where the logs end; <paramref name="said"/> is what <see cref="WhyUnreachable"/> said before it was asked.</summary>
    internal void Reached(Standing? said)
    {
        // By reference: what was said since stays said.
        if (said is not null)
        {
            Interlocked.CompareExchange(ref _standing!, Standing.Well, said);
        }
    }

    internal void Failed(Exception exception) => _standing = new($"cannot read: {exception.Message}", BringsNothing: true);

    internal void Assigned(int partition, Watermark watermark, Func<string?> problem) =>
        _partitions[partition] = new Entry { Epoch = watermark.Epoch, Position = watermark.Position, Problem = problem };

    internal void GaveUp(int partition) => _partitions.TryRemove(partition, out _);

    internal void Accounted(int partition, long next)
    {
        if (_partitions.TryGetValue(partition, out var entry))
        {
            entry.Position = next;
        }
    }

    internal void ReachedEnd(int partition, long end)
    {
        if (_partitions.TryGetValue(partition, out var entry))
        {
            entry.End = end;
        }
    }

    /// <summary>How the client stands to its group and its brokers.</summary>
    /// <param name="Problem">For a person; null while all is well.</param>
    /// <param name="BringsNothing">Whether nothing can come of the client until it has joined its group, or found a broker.</param>
    internal sealed record Standing(string? Problem, bool BringsNothing)
    {
        public static readonly Standing Well = new(Problem: null, BringsNothing: false);
    }

    private sealed class Entry
    {
        public int Epoch { get; init; }
        public long Position { get; set; }
        public long? End { get; set; }
        public required Func<string?> Problem { get; init; }
    }
}

/// <summary>Where one partition stands.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Epoch">The epoch it is read in.</param>
/// <param name="Position">The next offset to account for.</param>
/// <param name="End">The end of the log when it was last reached; null before.</param>
public sealed record PartitionState(int Partition, int Epoch, long Position, long? End);
