using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bus.Caching;
using Bus.Caching.L2;
using Orders.Tests.Servers;
using StackExchange.Redis;

namespace Orders.Tests.Caching;

[Trait("Category", "system")]
public sealed class RealRedisTests : IAsyncLifetime
{
    private readonly int _port = FreePort();
    private Process _redis = null!;
    private ConnectionMultiplexer _direct = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = StartRedis();
        _direct = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_port},abortConnect=false,connectRetry=50,allowAdmin=true");
        Assert.True(SpinWait.SpinUntil(() => _direct.IsConnected, TimeSpan.FromSeconds(20)), "redis-server did not start");
    }

    public async ValueTask DisposeAsync()
    {
        await _direct.CloseAsync();
        _redis.Kill();
        await _redis.WaitForExitAsync(TestContext.Current.CancellationToken);
        _redis.Dispose();
    }

    [Fact]
    public async Task The_script_sets_by_version_and_stamps_the_era()
    {
        using var store = new RedisStore(Options());
        Assert.Equal(1, await store.NextEraAsync());

        await store.WriteAsync([Entry(long.MaxValue - 1, "high")], TimeSpan.FromMinutes(1));
        await store.WriteAsync([Entry(long.MaxValue - 2, "low"), new("other", EntryFormat.Encode("other", FakeOrigin.Value(1)))], TimeSpan.FromMinutes(1));

        Assert.True(EntryFormat.TryDecode("k", await store.ReadAsync("k"), out var era, out var value));
        Assert.Equal((1, long.MaxValue - 1), (era, value.Version));
        Assert.True(EntryFormat.TryDecode("other", await store.ReadAsync("other"), out _, out _));

        Assert.Equal(2, await store.NextEraAsync());
        await store.WriteAsync([Entry(long.MaxValue - 1, "high")], TimeSpan.FromMinutes(1));
        Assert.True(EntryFormat.TryDecode("k", await store.ReadAsync("k"), out era, out _));
        Assert.Equal(2, era);
        var lifetime = await AskAsync(redis => redis.KeyTimeToLiveAsync("test:v:k"));
        Assert.InRange(lifetime!.Value, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_foreign_type_under_a_key_is_dropped_and_refilled_and_a_forgotten_script_is_sent_again()
    {
        using var store = new RedisStore(Options());
        var test = new CacheUnderTest(store, options => options.RedisTimeout = TimeSpan.FromSeconds(10), TimeProvider.System);
        _ = test.OpenShared();
        Assert.True(SpinWait.SpinUntil(() => test.Cache.IsSharedOpen, TimeSpan.FromSeconds(10)));
        await AskAsync(redis => redis.ListLeftPushAsync("test:v:k", "not ours"));
        test.Origin.Values["k"] = FakeOrigin.Value(1, "one");

        Assert.Equal("one", CacheUnderTest.Text(await test.GetAsync("k")));
        Assert.True(test.Cache.IsSharedOpen);

        await AskAsync(async _ =>
        {
            await _direct.GetServer(IPAddress.Loopback, _port).ScriptFlushAsync();
            return true;
        });
        test.Cache.Apply("other", FakeOrigin.Value(2, "two"));
        await Eventually.SeeAsync(() => AskAsync(redis => redis.KeyExistsAsync("test:v:other")), exists => exists);
        Assert.True(test.Cache.IsSharedOpen);
    }

    [Fact]
    public async Task A_Redis_that_stops_and_returns_is_used_again_and_readers_are_answered_all_the_while()
    {
        using var store = new RedisStore(Options());
        var test = new CacheUnderTest(store, time: TimeProvider.System);
        _ = test.OpenShared();
        Assert.True(SpinWait.SpinUntil(() => test.Cache.IsSharedOpen, TimeSpan.FromSeconds(10)));
        test.Origin.Values["k"] = FakeOrigin.Value(1, "one");

        _redis.Kill();
        await _redis.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("one", CacheUnderTest.Text(await test.GetAsync("k")));
        test.Cache.Apply("k", FakeOrigin.Value(2, "two"));
        Assert.True(SpinWait.SpinUntil(() => !test.Cache.IsSharedOpen, TimeSpan.FromSeconds(10)));

        _redis.Dispose();
        _redis = StartRedis();
        Assert.True(SpinWait.SpinUntil(
            () => test.Cache.IsSharedOpen, TimeSpan.FromSeconds(20)));
        test.Cache.Apply("k", FakeOrigin.Value(3, "three"));
        Assert.True(SpinWait.SpinUntil(
            () => _direct.IsConnected && _direct.GetDatabase().KeyExists("test:v:k"), TimeSpan.FromSeconds(20)));
    }

    /// <summary>The test's own client may lose its connection on a machine that is busy for seconds; it gets another one by itself.</summary>
    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        var answer = default(T);
        await Eventually.SeeAsync(
            async () =>
            {
                try
                {
                    answer = await ask(_direct.GetDatabase());
                    return "";
                }
                catch (RedisConnectionException lost)
                {
                    return lost.Message;
                }
            },
            problem => problem.Length == 0);
        return answer!;
    }

    private static SharedEntry Entry(long version, string text) => new("k", EntryFormat.Encode("k", FakeOrigin.Value(version, text)));

    private CacheOptions Options() => new() { Redis = $"127.0.0.1:{_port}", InstallationId = "test" };

    private Process StartRedis() => Process.Start(
        new ProcessStartInfo("redis-server", $"--port {_port} --bind 127.0.0.1 --save \"\" --appendonly no") { RedirectStandardOutput = true })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
