using System.Text;
using Bus.Caching;
using Bus.Caching.L2;
using Microsoft.Extensions.Logging.Abstractions;

namespace Orders.Tests.Caching;

/// <summary>A cache over a fake origin, on a clock that stands still.</summary>
internal sealed class CacheUnderTest
{
    public CacheUnderTest(ISharedStore? store = null, Action<CacheOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new CacheOptions();
        configure?.Invoke(options);
        Options = options;
        Cache = new TieredCache(Origin, store, options, time ?? Time, NullLoggerFactory.Instance);
    }

    public ManualTime Time { get; } = new();

    public FakeOrigin Origin { get; } = new();

    public CacheOptions Options { get; }

    public TieredCache Cache { get; }

    public static string? Text(CacheAnswer answer) => answer.Value?.Body is { } body ? Encoding.UTF8.GetString(body) : null;

    public Task<CacheAnswer> GetAsync(string key, long atLeast = 0, bool check = false) =>
        Cache.GetAsync(key, atLeast, check, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Opens L2 as the host does; it is open when this returns, unless the store refuses.</summary>
    public Task OpenShared() => Cache.KeepSharedOpenAsync(TestContext.Current.CancellationToken);
}
