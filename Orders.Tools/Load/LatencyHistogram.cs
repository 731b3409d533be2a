using System.Numerics;

namespace Orders.Tools.Load;

/// <summary>
/// Counts of durations in microseconds, kept to three significant digits whatever their size: values below 2,048 are counted one by one,
/// above that each doubling of the value has 1,024 counters. About 190 KB up to an hour; longer counts as an hour. Safe for several threads.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>One hour.</summary>
    public const long Largest = 3_600_000_000;

    // 2,048 = 2^11 values are told apart exactly; of larger ones the leading 11 bits are.
    private const int ExactBits = 11;
    private const int HalfBucket = 1 << (ExactBits - 1);

    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[IndexOf(Largest) + 1];
    private long _count;
    private long _least = long.MaxValue;
    private long _most;
    private double _sum;

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>A clock that was set back counts as no time at all.</summary>
    public void Record(long microseconds)
    {
        var value = Math.Clamp(microseconds, 0, Largest);
        lock (_gate)
        {
            _counts[IndexOf(value)]++;
            _count++;
            _sum += value;
            _least = Math.Min(_least, value);
            _most = Math.Max(_most, value);
        }
    }

    /// <summary>What the histogram says now; null where nothing was recorded.</summary>
    public LatencySummary? Summarize()
    {
        lock (_gate)
        {
            return _count == 0
                ? null
                : new(_count, _least, _sum / _count, At(50), At(95), At(99), At(99.9), _most);
        }
    }

    /// <summary>The value that <paramref name="percent"/> of all do not exceed, to three digits; 0 where nothing was recorded.</summary>
    public long Percentile(double percent)
    {
        lock (_gate)
        {
            return At(percent);
        }
    }

    /// <summary>How many were recorded from <paramref name="from"/> to below <paramref name="to"/>, by the counters that begin there.</summary>
    public long CountBetween(long from, long to)
    {
        lock (_gate)
        {
            var sum = 0L;
            for (var index = IndexOf(from); index < _counts.Length && LowestOf(index) < to; index++)
            {
                sum += LowestOf(index) < from ? 0 : _counts[index];
            }

            return sum;
        }
    }

    private long At(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(percent / 100 * _count));
        var passed = 0L;
        for (var index = 0; index < _counts.Length; index++)
        {
            passed += _counts[index];
            if (passed >= rank)
            {
                return Math.Min(LowestOf(index + 1) - 1, _most);
            }
        }

        return 0;
    }

    internal static int IndexOf(long value)
    {
        var shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)value) - ExactBits);
        return (shift * HalfBucket) + (int)(value >> shift);
    }

    internal static long LowestOf(int index)
    {
        if (index < 2 * HalfBucket)
        {
            return index;
        }

        var shift = (index / HalfBucket) - 1;
        return (long)(index - (shift * HalfBucket)) << shift;
    }
}

/// <summary>The figures of a histogram, in microseconds.</summary>
internal sealed record LatencySummary(long Count, long Min, double Mean, long P50, long P95, long P99, long P999, long Max);
