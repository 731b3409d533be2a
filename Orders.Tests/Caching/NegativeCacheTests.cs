using Bus.Caching;
using Bus.Caching.L1;

namespace Orders.Tests.Caching;

public sealed class NegativeCacheTests
{
    [Fact]
    public async Task An_unknown_key_is_asked_for_once_per_lifetime()
    {
        var test = new CacheUnderTest();

        await test.GetAsync("k");
        Assert.Same(CachedValue.Unknown, (await test.GetAsync("k")).Value);
        Assert.Equal(1, test.Origin.Reads);

        test.Time.Advance(test.Options.NegativeLifetime);
        await test.GetAsync("k");
        Assert.Equal(2, test.Origin.Reads);
    }

    [Fact]
    public async Task An_event_ends_it_at_once()
    {
        var test = new CacheUnderTest();
        await test.GetAsync("k");

        test.Cache.Apply("k", FakeOrigin.Value(1, "here"));

        Assert.Equal("here", CacheUnderTest.Text(await test.GetAsync("k")));
        Assert.Equal(1, test.Origin.Reads);
    }

    [Fact]
    public async Task A_reader_who_has_seen_the_order_elsewhere_is_not_told_that_it_is_unknown()
    {
        var test = new CacheUnderTest();
        await test.GetAsync("k");
        test.Origin.Values["k"] = FakeOrigin.Value(1, "here");

        Assert.Equal("here", CacheUnderTest.Text(await test.GetAsync("k", atLeast: 1)));
    }

    [Fact]
    public void A_flood_of_unknown_keys_is_forgotten_by_generations_and_the_youngest_stay()
    {
        var keys = new NegativeKeys(TimeSpan.FromSeconds(1), maxKeys: 100, new ManualTime());
        for (var i = 0; i < 1000; i++)
        {
            keys.Add($"k{i}");
        }

        Assert.InRange(Enumerable.Range(0, 1000).Count(i => keys.Contains($"k{i}")), 50, 100);
        Assert.True(keys.Contains("k999"));
        Assert.False(keys.Contains("k0"));
    }

    [Fact]
    public async Task An_outage_is_not_remembered_as_an_absence()
    {
        var test = new CacheUnderTest { Origin = { Failure = new IOException("gone") } };
        Assert.Null((await test.GetAsync("k")).Value);

        test.Origin.Failure = null;
        test.Origin.Values["k"] = FakeOrigin.Value(1);
        test.Time.Advance(test.Options.OriginPause);

        Assert.Equal(1, (await test.GetAsync("k")).Value!.Version);
    }
}
