namespace Bus.Kafka.Tailing;

/// <summary>
/// Where a tail is in each partition, told in numbers. A tail keeps up while it has reached, at each look, the end seen at the look
/// before: at the end of a busy topic nobody ever stands exactly. Records are handed over while a look is under way, so what it shows is held
/// against the positions it began with.
/// </summary>
internal sealed class TailPositions
{
    private readonly Dictionary<int, Position> _partitions = [];

    public int Count => _partitions.Count;

    public bool Knows(int partition) => _partitions.ContainsKey(partition);

    public IEnumerable<(int Partition, long Next)> All => _partitions.Select(entry => (entry.Key, entry.Value.Next));

    /// <summary>Begins, or begins anew, at <paramref name="next"/>.</summary>
    public void Begin(int partition, long next, long low) =>
        _partitions[partition] = new Position { Next = next, Asked = next, Low = low, End = next };

    /// <summary>Everything below <paramref name="next"/> has been handed over or holds nothing.</summary>
    public void Reached(int partition, long next)
    {
        if (_partitions.TryGetValue(partition, out var position))
        {
            position.Next = Math.Max(position.Next, next);
        }
    }

    /// <summary>The position means nothing any more: the next look that begins shows a gap, and so do all until it has begun anew.</summary>
    public void Lose(int partition)
    {
        if (_partitions.TryGetValue(partition, out var position))
        {
            position.IsLost = true;
        }
    }

    /// <summary>As <see cref="Lose"/>, for all partitions.</summary>
    public void LoseAll()
    {
        foreach (var position in _partitions.Values)
        {
            position.IsLost = true;
        }
    }

    /// <summary>A look begins: what it shows is as old as this call at most.</summary>
    public void Ask()
    {
        foreach (var position in _partitions.Values)
        {
            (position.Asked, position.WasLost) = (position.Next, position.IsLost);
        }
    }

    /// <summary>
    /// A look at the log: it holds offsets from <paramref name="low"/> up to <paramref name="end"/>. The log is another one, or has lost
    /// what was not read yet, when its end is below what was read before the look began or below the end before, when its beginning went back, or
    /// when it begins above the position.
    /// </summary>
    public TailLook Look(int partition, long low, long end)
    {
        var position = _partitions[partition];
        if (position.WasLost || end < Math.Max(position.Asked, position.End) || low < position.Low || low > position.Next)
        {
            return TailLook.Gap;
        }

        var keepsUp = !position.IsLost && position.Next >= position.End;
        (position.Low, position.End) = (low, end);
        return keepsUp ? TailLook.KeepsUp : TailLook.Behind;
    }

    private sealed class Position
    {
        public long Next { get; set; }

        /// <summary><see cref="Next"/> when the look began.</summary>
        public long Asked { get; set; }

        public long Low { get; set; }
        public long End { get; set; }
        public bool IsLost { get; set; }

        /// <summary><see cref="IsLost"/> when the look began.</summary>
        public bool WasLost { get; set; }
    }
}

/// <summary>What a look at a partition showed.</summary>
internal enum TailLook
{
    /// <summary>What was there at the look before has been handed over.</summary>
    KeepsUp,

    /// <summary>Not yet.</summary>
    Behind,

    /// <summary>The position means nothing in this log, or records before it are gone.</summary>
    Gap,
}
