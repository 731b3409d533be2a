using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Bus.Caching.L1;

/// <summary>
/// L1: values in memory within a budget of bytes. Reads take no lock and allocate nothing; writers take one lock.
/// The invariant: the version under a key never goes down, also over eviction and return, except where the origin itself says so.
/// </summary>
/// <remarks>
/// Eviction is SIEVE: a queue by age and a hand that walks from the oldest to the newest. A read only sets a mark; the hand spares what
/// is marked, takes the mark away, and evicts the first without. One pass of keys read once does not drive out what is read often.
/// </remarks>
internal sealed class LocalCache
{
    // Entry 64, CachedValue 40, array 24, dictionary node 48 and bucket 16, string header 24, tag of a high version 32 (rounded up).
    private const int OverheadPerEntry = 232;

    private readonly long _maxBytes;
    private readonly VersionMemory _memory;
    private readonly NegativeKeys _negative;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _byChars;
    private Entry? _newest;
    private Entry? _oldest;
    private Entry? _hand;
    private long _bytes;

    public LocalCache(long maxBytes, VersionMemory memory, NegativeKeys negative)
    {
        _maxBytes = maxBytes;
        _memory = memory;
        _negative = negative;
        _byChars = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Count => _entries.Count;

    /// <summary>What an entry is counted as.</summary>
    public static long CostOf(string key, CachedValue value) => OverheadPerEntry + (2L * key.Length) + (value.Body?.Length ?? 0);

    public bool TryGet(ReadOnlySpan<char> key, [NotNullWhen(true)] out CachedValue? value)
    {
        if (!_byChars.TryGetValue(key, out var entry))
        {
            value = null;
            return false;
        }

        // Written only when it changes, so that a hot entry's cache line stays shared between cores.
        if (!entry.IsRead)
        {
            entry.IsRead = true;
        }

        value = entry.Value;
        return true;
    }

    /// <summary>An event: kept when it is newer. Says whether it was new to L1.</summary>
    public bool ApplyEvent(string key, CachedValue value)
    {
        lock (_gate)
        {
            _memory.Disturb(key);
            _negative.Remove(key);
            if (_entries.TryGetValue(key, out var entry))
            {
                return value.Version > entry.Value.Version && Replace(entry, value);
            }

            return value.Version >= _memory.Floor(key) && Insert(key, value);
        }
    }

    /// <summary>What the origin answered to a read begun at <paramref name="stamp"/>. False: an event came since, read again.</summary>
    public bool TryFill(string key, CachedValue value, int stamp, out CachedValue current)
    {
        lock (_gate)
        {
            current = value;
            if (_entries.TryGetValue(key, out var entry))
            {
                return KeepNewer(entry, value, out current);
            }

            if (_memory.Stamp(key) != stamp)
            {
                return false;
            }

            if (value.Version == 0)
            {
                _negative.Add(key);
            }
            else
            {
                Insert(key, value);
            }

            return true;
        }
    }

    /// <summary>What L2 held, read from <paramref name="stamp"/> on. False: it may be older than what was served; ask the origin.</summary>
    public bool TryAdopt(string key, CachedValue value, int stamp, out CachedValue current)
    {
        lock (_gate)
        {
            current = value;
            if (_entries.TryGetValue(key, out var entry))
            {
                return KeepNewer(entry, value, out current);
            }

            if (value.Version < _memory.Floor(key) || _memory.Stamp(key) != stamp)
            {
                return false;
            }

            Insert(key, value);
            return true;
        }
    }

    /// <summary>
    /// A value from a snapshot that is read newest first: it goes behind all others in age. False: the budget is full.
    /// </summary>
    public bool TryPrime(string key, CachedValue value)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                KeepNewer(entry, value, out _);
                return true;
            }

            if (_bytes + CostOf(key, value) > _maxBytes)
            {
                return false;
            }

            if (value.Version >= _memory.Floor(key))
            {
                Insert(key, value, asOldest: true);
            }

            return true;
        }
    }

    /// <summary>Forgets the values and keeps their versions in mind.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            for (var entry = _oldest; entry is not null; entry = entry.Newer)
            {
                _memory.Remember(entry.Key, entry.Value.Version);
            }

            _memory.DisturbAll();
            _entries.Clear();
            _negative.Clear();
            _newest = _oldest = _hand = null;
            Interlocked.Exchange(ref _bytes, 0);
        }
    }

    private bool KeepNewer(Entry entry, CachedValue value, out CachedValue current)
    {
        if (value.Version > entry.Value.Version)
        {
            Replace(entry, value);
            current = value;
        }
        else
        {
            current = entry.Value;
        }

        return true;
    }

    private bool Replace(Entry entry, CachedValue value)
    {
        var growth = CostOf(entry.Key, value) - CostOf(entry.Key, entry.Value);
        entry.Value = value;
        entry.IsRead = true;
        Interlocked.Add(ref _bytes, growth);
        EvictDownTo(_maxBytes);
        return true;
    }

    private bool Insert(string key, CachedValue value, bool asOldest = false)
    {
        var cost = CostOf(key, value);
        if (cost > _maxBytes)
        {
            _memory.Remember(key, value.Version);
            return false;
        }

        EvictDownTo(_maxBytes - cost);
        var entry = new Entry(key, value);
        if (asOldest)
        {
            (entry.Newer, _oldest) = (_oldest, entry);
            _newest ??= entry;
            entry.Newer?.Older = entry;
        }
        else
        {
            (entry.Older, _newest) = (_newest, entry);
            _oldest ??= entry;
            entry.Older?.Newer = entry;
        }

        _entries[key] = entry;
        Interlocked.Add(ref _bytes, cost);
        return true;
    }

    private void EvictDownTo(long target)
    {
        while (_bytes > target && _oldest is not null)
        {
            var entry = _hand ?? _oldest;
            while (entry.IsRead)
            {
                entry.IsRead = false;
                entry = entry.Newer ?? _oldest;
            }

            _hand = entry.Newer;
            Unlink(entry);
            // Before it is gone from the dictionary: no reader may find neither the value nor its version.
            _memory.Remember(entry.Key, entry.Value.Version);
            _entries.TryRemove(entry.Key, out _);
            Interlocked.Add(ref _bytes, -CostOf(entry.Key, entry.Value));
        }
    }

    private void Unlink(Entry entry)
    {
        if (entry.Older is null)
        {
            _oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }
    }

    private sealed class Entry(string key, CachedValue value)
    {
        public readonly string Key = key;

        // Written under the gate, read by anyone; a reader sees the old or the new value, whole.
        public volatile CachedValue Value = value;

        // Written by readers without a lock: a lost mark costs at most an eviction too early.
        public bool IsRead;

        public Entry? Older;
        public Entry? Newer;
    }
}
