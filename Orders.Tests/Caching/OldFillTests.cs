using Bus.Caching;

namespace Orders.Tests.Caching;

public sealed class OldFillTests
{
    [Fact]
    public async Task A_fill_that_read_version_4_before_the_event_of_version_5_answers_5()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(4, "four");

        var reader = test.GetAsync("k");
        var letGo = await test.Origin.NextReadAsync();
        test.Cache.Apply("k", FakeOrigin.Value(5, "five"));
        letGo();

        Assert.Equal("five", CacheUnderTest.Text(await reader));
        Assert.Equal("five", CacheUnderTest.Text(await test.GetAsync("k")));
    }

    [Fact]
    public async Task A_fill_that_read_before_a_removal_does_not_bring_the_order_back()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(4, "four");

        var reader = test.GetAsync("k");
        var letGo = await test.Origin.NextReadAsync();
        test.Cache.Apply("k", new CachedValue(5, null));
        letGo();

        Assert.Null((await reader).Value!.Body);
        Assert.Null((await test.GetAsync("k")).Value!.Body);
    }

    [Fact]
    public async Task The_event_is_remembered_even_when_its_value_was_evicted_before_the_fill_ended()
    {
        var test = new CacheUnderTest(configure: options => options.MaxBytes = 64 * 1024) { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(4, "four");

        var reader = test.GetAsync("k");
        var letGo = await test.Origin.NextReadAsync();
        test.Cache.Apply("k", FakeOrigin.Value(5, "five"));
        for (var i = 0; i < 1000; i++)
        {
            test.Cache.Apply($"other-{i}", FakeOrigin.Value(1));
        }

        Assert.False(test.Cache.TryGetLocal("k", out _));
        test.Origin.Values["k"] = FakeOrigin.Value(5, "five");
        letGo();
        (await test.Origin.NextReadAsync())();

        Assert.Equal("five", CacheUnderTest.Text(await reader));
        Assert.Equal(2, test.Origin.Reads);
    }

    [Fact]
    public async Task A_fill_under_way_while_events_were_missed_is_read_again()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(4, "four");

        var reader = test.GetAsync("k");
        var letGo = await test.Origin.NextReadAsync();
        test.Cache.Drop("a gap");
        test.Origin.Values["k"] = FakeOrigin.Value(5, "five");
        letGo();
        (await test.Origin.NextReadAsync())();

        Assert.Equal("five", CacheUnderTest.Text(await reader));
    }

    [Fact]
    public async Task An_event_that_comes_again_after_a_newer_one_changes_nothing()
    {
        var test = new CacheUnderTest();
        test.Cache.Apply("k", FakeOrigin.Value(5, "five"));
        test.Cache.Apply("k", FakeOrigin.Value(4, "four"));
        test.Cache.TryPrime("k", FakeOrigin.Value(3, "three"));

        Assert.Equal("five", CacheUnderTest.Text(await test.GetAsync("k")));
    }

    [Fact]
    public async Task A_reader_who_has_seen_version_7_elsewhere_makes_the_origin_answer()
    {
        var test = new CacheUnderTest();
        test.Cache.Apply("k", FakeOrigin.Value(5, "five"));
        test.Origin.Values["k"] = FakeOrigin.Value(7, "seven");

        Assert.Equal("five", CacheUnderTest.Text(await test.GetAsync("k")));
        var answer = await test.GetAsync("k", atLeast: 7);

        Assert.Equal("seven", CacheUnderTest.Text(answer));
        Assert.Equal(CacheSource.Origin, answer.Source);
        Assert.Equal("seven", CacheUnderTest.Text(await test.GetAsync("k")));
    }

    [Fact]
    public async Task A_reader_who_has_seen_more_gets_an_outage_rather_than_an_older_version()
    {
        var test = new CacheUnderTest { Origin = { Failure = new IOException("gone") } };
        test.Cache.Apply("k", FakeOrigin.Value(5));

        Assert.Null((await test.GetAsync("k", atLeast: 7)).Value);
        Assert.Equal(5, (await test.GetAsync("k", atLeast: 5)).Value!.Version);
    }

    [Fact]
    public async Task While_events_are_late_the_origin_is_asked_and_without_it_memory_answers_and_says_so()
    {
        var test = new CacheUnderTest();
        test.Cache.Apply("k", FakeOrigin.Value(5));
        test.Origin.Values["k"] = FakeOrigin.Value(6);

        Assert.Equal(new CacheAnswer(test.Origin.Values["k"], CacheSource.Origin), await test.GetAsync("k", check: true));

        test.Origin.Failure = new IOException("gone");
        var stale = await test.GetAsync("k", check: true);
        Assert.Equal(6, stale.Value!.Version);
        Assert.True(stale.IsStale);
    }
}
