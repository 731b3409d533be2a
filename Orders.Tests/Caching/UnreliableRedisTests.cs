using Bus.Caching;
using Bus.Caching.L2;

namespace Orders.Tests.Caching;

public sealed class UnreliableRedisTests
{
    private readonly FakeStore _store = new();

    [Fact]
    public async Task What_the_origin_answered_is_found_in_L2_by_another_process()
    {
        var (one, two) = (new CacheUnderTest(_store), new CacheUnderTest(_store));
        (_, _) = (one.OpenShared(), two.OpenShared());
        two.Origin.Values["k"] = FakeOrigin.Value(3, "three");

        await two.GetAsync("k");
        var answer = await one.GetAsync("k");

        Assert.Equal(CacheSource.L2, answer.Source);
        Assert.Equal("three", CacheUnderTest.Text(answer));
        Assert.Equal(0, one.Origin.Reads);
    }

    [Fact]
    public async Task What_was_written_before_a_process_followed_events_is_not_believed_by_it()
    {
        var before = new CacheUnderTest(_store);
        _ = before.OpenShared();
        before.Cache.Apply("k", FakeOrigin.Value(4, "four"));

        var after = new CacheUnderTest(_store);
        _ = after.OpenShared();
        after.Origin.Values["k"] = FakeOrigin.Value(5, "five");

        Assert.Equal("five", CacheUnderTest.Text(await after.GetAsync("k")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("01")]
    public async Task A_foreign_value_is_dropped_and_refilled(string stored)
    {
        var test = new CacheUnderTest(_store);
        _ = test.OpenShared();
        test.Origin.Values["k"] = FakeOrigin.Value(1, "one");
        _store.Entries["k"] = System.Text.Encoding.UTF8.GetBytes(stored);

        Assert.Equal("one", CacheUnderTest.Text(await test.GetAsync("k")));
        Assert.True(EntryFormat.TryDecode("k", _store.Entries["k"], out _, out _));
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_found_except_in_the_era()
    {
        byte[] entry = [.. EntryFormat.Encode("k", FakeOrigin.Value(7, "some text")), .. new byte[8]];
        Assert.True(EntryFormat.TryDecode("k", entry, out _, out var value));
        Assert.Equal(7, value.Version);

        for (var bit = 0; bit < (entry.Length - 8) * 8; bit++)
        {
            var flipped = (byte[])entry.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(EntryFormat.TryDecode("k", flipped, out _, out _), $"bit {bit}");
        }

        for (var length = 0; length < entry.Length; length++)
        {
            Assert.False(EntryFormat.TryDecode("k", entry.AsSpan(0, length), out _, out _), $"length {length}");
        }

        Assert.False(EntryFormat.TryDecode("another key", entry, out _, out _));
    }

    [Fact]
    public async Task A_hung_Redis_costs_one_time_limit_and_then_no_reader_waits_for_it()
    {
        var test = new CacheUnderTest(_store);
        _ = test.OpenShared();
        test.Origin.Values["k"] = FakeOrigin.Value(1);
        test.Origin.Values["other"] = FakeOrigin.Value(1);
        _store.Hangs = true;

        var first = test.GetAsync("k");
        Assert.True(SpinWait.SpinUntil(() => _store.Reads == 1, TimeSpan.FromSeconds(10)));
        while (!first.IsCompleted)
        {
            test.Time.Advance(test.Options.RedisTimeout);
            await Task.Yield();
        }

        Assert.Equal(CacheSource.Origin, (await first).Source);
        Assert.False(test.Cache.IsSharedOpen);
        Assert.Equal(CacheSource.Origin, (await test.GetAsync("other")).Source);
        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task After_a_lost_write_a_new_era_begins_and_what_was_there_is_not_believed()
    {
        var test = new CacheUnderTest(_store, options => options.MaxBytes = 64 * 1024);
        _ = test.OpenShared();
        test.Cache.Apply("k", FakeOrigin.Value(4, "four"));
        var era = _store.Era;
        _store.Failure = new IOException("gone");
        test.Cache.Apply("k", FakeOrigin.Value(5, "five"));
        Linger(test, () => !test.Cache.IsSharedOpen);

        _store.Failure = null;
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                test.Time.Advance(test.Options.RedisProbeInterval);
                return test.Cache.IsSharedOpen;
            },
            TimeSpan.FromSeconds(10)));
        Assert.True(_store.Era > era);

        test.Cache.Drop("the test wants it gone from L1");
        test.Origin.Values["k"] = FakeOrigin.Value(5, "five");
        Assert.Equal("five", CacheUnderTest.Text(await test.GetAsync("k")));
    }

    [Fact]
    public void Writes_that_wait_for_a_slow_Redis_go_in_one_call()
    {
        var test = new CacheUnderTest(_store);
        _ = test.OpenShared();
        var gate = new TaskCompletionSource();
        _store.WritesMayGo = gate.Task;
        for (var i = 0; i < 101; i++)
        {
            test.Cache.Apply($"k{i}", FakeOrigin.Value(1));
        }

        gate.SetResult();

        Linger(test, () => _store.Entries.Count == 101);
        Assert.Equal([1, 100], _store.Calls);
        Assert.True(test.Cache.IsSharedOpen);
    }

    [Fact]
    public void What_waited_when_an_era_ended_is_not_stamped_with_the_next_one()
    {
        var test = new CacheUnderTest(_store);
        _ = test.OpenShared();
        var gate = new TaskCompletionSource();
        _store.WritesMayGo = gate.Task;
        test.Cache.Apply("under way", FakeOrigin.Value(1));
        test.Cache.Apply("waits", FakeOrigin.Value(1));

        test.Cache.Drop("the test says so");
        Assert.True(SpinWait.SpinUntil(() => test.Cache.IsSharedOpen, TimeSpan.FromSeconds(10)));
        test.Cache.Apply("new", FakeOrigin.Value(1));
        gate.SetResult();

        Linger(test, () => _store.Entries.ContainsKey("new"));
        Assert.False(_store.Entries.ContainsKey("waits"));
    }

    [Fact]
    public void More_writes_than_may_wait_end_the_era()
    {
        var test = new CacheUnderTest(_store);
        _ = test.OpenShared();
        var era = _store.Era;
        var gate = new TaskCompletionSource();
        _store.WritesMayGo = gate.Task;
        for (var i = 0; i <= 8192; i++)
        {
            test.Cache.Apply("k", FakeOrigin.Value(i + 1));
        }

        Assert.True(SpinWait.SpinUntil(() => _store.Era > era, TimeSpan.FromSeconds(10)));
        gate.SetResult();
    }

    [Fact]
    public async Task Without_Redis_the_origin_answers()
    {
        var test = new CacheUnderTest();
        await test.OpenShared();
        test.Origin.Values["k"] = FakeOrigin.Value(1);

        Assert.Equal(CacheSource.Origin, (await test.GetAsync("k")).Source);
    }

    /// <summary>Lets the time pass for which writes gather, until it is so.</summary>
    private static void Linger(CacheUnderTest test, Func<bool> isSo) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(10));
            return isSo();
        },
        TimeSpan.FromSeconds(10)));
}
