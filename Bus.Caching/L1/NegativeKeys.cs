using System.Collections.Concurrent;

namespace Bus.Caching.L1;

/// <summary>
/// Keys the origin did not know a moment ago. Two generations: a full or outlived one is dropped whole, so that a flood of
/// unknown keys costs neither memory nor a sweep.
/// </summary>
internal sealed class NegativeKeys(TimeSpan lifetime, int maxKeys, TimeProvider time)
{
    private readonly int _maxPerGeneration = Math.Max(1, maxKeys / 2);
    private volatile ConcurrentDictionary<string, long> _young = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, long> _old = new(StringComparer.Ordinal);
    private int _count;

    public bool Contains(string key) =>
        (_young.TryGetValue(key, out var since) || _old.TryGetValue(key, out since)) && time.GetElapsedTime(since) < lifetime;

    /// <summary>Called under the gate of L1.</summary>
    public void Add(string key)
    {
        if (lifetime <= TimeSpan.Zero)
        {
            return;
        }

        if (_count >= _maxPerGeneration)
        {
            _old = _young;
            _young = new(StringComparer.Ordinal);
            _count = 0;
        }

        if (_young.TryAdd(key, time.GetTimestamp()))
        {
            _count++;
        }
        else
        {
            _young[key] = time.GetTimestamp();
        }
    }

    /// <summary>Called under the gate of L1.</summary>
    public void Remove(string key)
    {
        if (_young.TryRemove(key, out _))
        {
            _count--;
        }

        _old.TryRemove(key, out _);
    }

    /// <summary>Called under the gate of L1.</summary>
    public void Clear()
    {
        _old = new(StringComparer.Ordinal);
        _young = new(StringComparer.Ordinal);
        _count = 0;
    }
}
