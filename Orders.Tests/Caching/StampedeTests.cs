using Bus.Caching;

namespace Orders.Tests.Caching;

public sealed class StampedeTests
{
    [Fact]
    public async Task A_thousand_readers_of_one_cold_key_cost_one_read_of_the_origin()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(1, "one");

        var readers = Enumerable.Range(0, 1000).Select(_ => test.GetAsync("k")).ToArray();
        var letGo = await test.Origin.NextReadAsync();
        letGo();
        var answers = await Task.WhenAll(readers);

        Assert.Equal(1, test.Origin.Reads);
        Assert.All(answers, answer => Assert.Equal("one", CacheUnderTest.Text(answer)));
    }

    [Fact]
    public async Task A_thousand_readers_of_one_unknown_key_cost_one_read_of_the_origin()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };

        var readers = Enumerable.Range(0, 1000).Select(_ => test.GetAsync("k")).ToArray();
        (await test.Origin.NextReadAsync())();
        await Task.WhenAll(readers);
        await test.GetAsync("k");

        Assert.Equal(1, test.Origin.Reads);
    }

    [Fact]
    public async Task A_reader_who_leaves_does_not_end_the_fill_others_wait_for()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };
        test.Origin.Values["k"] = FakeOrigin.Value(1);
        using var leaving = new CancellationTokenSource();

        var leaver = test.Cache.GetAsync("k", cancellationToken: leaving.Token).AsTask();
        var stayer = test.GetAsync("k");
        var letGo = await test.Origin.NextReadAsync();
        await leaving.CancelAsync();
        letGo();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        Assert.Equal(1, (await stayer).Value!.Version);
        Assert.Equal(1, test.Origin.Reads);
    }

    [Fact]
    public async Task An_origin_that_hangs_costs_one_limit_and_then_nothing_during_the_pause()
    {
        var test = new CacheUnderTest { Origin = { HoldsReads = true } };

        var first = test.GetAsync("k");
        await test.Origin.NextReadAsync();
        test.Time.Advance(test.Options.OriginTimeout);
        Assert.Null((await first).Value);

        var during = await test.GetAsync("other");
        Assert.Null(during.Value);
        Assert.Equal(CacheSource.None, during.Source);
        Assert.Equal(1, test.Origin.Reads);

        test.Origin.HoldsReads = false;
        test.Origin.Values["k"] = FakeOrigin.Value(2);
        test.Time.Advance(test.Options.OriginPause);
        Assert.Equal(2, (await test.GetAsync("k")).Value!.Version);
    }
}
