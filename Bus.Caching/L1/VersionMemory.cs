namespace Bus.Caching.L1;

/// <summary>
/// What is remembered of keys that are not in L1, in fixed memory and for ever: the highest version that left L1, and how many events came.
/// Keys share slots by hash. The invariant: sharing may make a value look too old, never new enough; a doubt is settled by the origin.
/// </summary>
internal sealed class VersionMemory
{
    private const int FloorSlots = 1 << 20;
    private const int StampSlots = 1 << 16;

    private readonly int[] _floors = new int[FloorSlots];
    private readonly int[] _stamps = new int[StampSlots];
    private int _stampOfAll;

    /// <summary>A value of <paramref name="key"/> below this may be older than one that was served.</summary>
    public long Floor(string key) => Volatile.Read(ref _floors[key.GetHashCode(StringComparison.Ordinal) & (FloorSlots - 1)]);

    /// <summary>Called for what leaves L1, by one thread at a time.</summary>
    public void Remember(string key, long version)
    {
        ref var floor = ref _floors[key.GetHashCode(StringComparison.Ordinal) & (FloorSlots - 1)];
        floor = Math.Max(floor, (int)Math.Min(version, int.MaxValue));
    }

    /// <summary>Changes whenever an event for <paramref name="key"/> comes; a fill that sees it change in between read too early.</summary>
    public int Stamp(string key) =>
        Volatile.Read(ref _stampOfAll) + Volatile.Read(ref _stamps[key.GetHashCode(StringComparison.Ordinal) & (StampSlots - 1)]);

    /// <summary>Called for every event, by one thread at a time.</summary>
    public void Disturb(string key) => _stamps[key.GetHashCode(StringComparison.Ordinal) & (StampSlots - 1)]++;

    /// <summary>Called when events for any key may have been missed.</summary>
    public void DisturbAll() => Interlocked.Increment(ref _stampOfAll);
}
