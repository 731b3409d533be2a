using Bus.Caching;
using Bus.Caching.L1;

namespace Orders.Tests.Caching;

public sealed class ByteBudgetTests
{
    private const int Budget = 64 * 1024;

    private readonly LocalCache _cache = new(
        Budget, new VersionMemory(), new NegativeKeys(TimeSpan.FromSeconds(1), 10, TimeProvider.System));

    [Fact]
    public void The_budget_counts_bytes_with_their_overhead_and_is_never_exceeded()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _cache.ApplyEvent($"key-{i}", new CachedValue(1, new byte[i % 700]));
            Assert.InRange(_cache.Bytes, 0, Budget);
        }

        Assert.InRange(_cache.Bytes, Budget - 2000, Budget);
        Assert.InRange(_cache.Count, 50, Budget / LocalCache.CostOf("key-0", new CachedValue(1, [])));
    }

    [Fact]
    public void A_value_that_grows_drives_out_others()
    {
        for (var i = 0; i < 100; i++)
        {
            _cache.ApplyEvent($"key-{i}", new CachedValue(1, new byte[100]));
        }

        _cache.ApplyEvent("key-99", new CachedValue(2, new byte[60_000]));

        Assert.InRange(_cache.Bytes, 60_000, Budget);
        Assert.True(_cache.TryGet("key-99", out var value));
        Assert.Equal(2, value.Version);
    }

    [Fact]
    public void A_value_larger_than_the_budget_is_not_kept_and_drives_out_nothing()
    {
        _cache.ApplyEvent("small", new CachedValue(1, new byte[10]));
        _cache.ApplyEvent("large", new CachedValue(1, new byte[Budget]));

        Assert.False(_cache.TryGet("large", out _));
        Assert.True(_cache.TryGet("small", out _));
    }

    [Fact]
    public void What_is_read_survives_ten_times_the_budget_of_values_nobody_reads()
    {
        for (var i = 0; i < 20; i++)
        {
            _cache.ApplyEvent($"hot-{i}", new CachedValue(1, new byte[100]));
        }

        for (var i = 0; i < 2000; i++)
        {
            _cache.ApplyEvent($"cold-{i}", new CachedValue(1, new byte[100]));
            Assert.True(_cache.TryGet($"hot-{i % 20}", out _), $"hot-{i % 20} was lost at {i}");
        }
    }

    [Fact]
    public void Priming_stops_when_the_budget_is_full_and_the_newest_stay_longest()
    {
        var primed = 0;
        while (_cache.TryPrime($"order-{primed}", new CachedValue(1, new byte[100])))
        {
            primed++;
        }

        Assert.InRange(primed, 100, 200);
        _cache.ApplyEvent("event", new CachedValue(1, new byte[100]));

        Assert.True(_cache.TryGet("order-0", out _));
        Assert.False(_cache.TryGet($"order-{primed - 1}", out _));
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        _cache.ApplyEvent("key", new CachedValue(1, new byte[100]));
        var found = 0;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                found += _cache.TryGet("a key".AsSpan(2), out _) ? 1 : 0;
            }

            if (round == 1)
            {
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }

        Assert.Equal(2000, found);
    }

    [Fact]
    public void What_was_evicted_does_not_come_back_older_from_L2()
    {
        _cache.ApplyEvent("key", new CachedValue(5, new byte[100]));
        for (var i = 0; i < 1000; i++)
        {
            _cache.ApplyEvent($"cold-{i}", new CachedValue(1, new byte[100]));
        }

        Assert.False(_cache.TryGet("key", out _));
        Assert.False(_cache.TryAdopt("key", new CachedValue(4, []), 0, out _));
        Assert.False(_cache.TryGet("key", out _));
    }
}
