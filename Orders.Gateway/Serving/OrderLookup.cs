using System.Globalization;
using Bus.Caching;
using Orders.Gateway.Following;

namespace Orders.Gateway.Serving;

/// <summary>Asks the cache, times the answer, and has it checked against the database while events are late.</summary>
internal sealed class OrderLookup(TieredCache cache, Freshness freshness, TimeProvider time)
{
    public async ValueTask<OrderLookupResult> FindAsync(string uid, long atLeast, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var answer = await cache.GetAsync(uid, atLeast, check: !freshness.IsAssured, cancellationToken);
        return new OrderLookupResult(answer.Value, answer.Source, answer.IsStale, time.GetElapsedTime(began));
    }
}

/// <summary>An answer and how it came about; a value of null: nobody could be asked.</summary>
internal readonly record struct OrderLookupResult(CachedValue? Value, CacheSource Source, bool IsStale, TimeSpan Took)
{
    /// <summary>The level as the header X-Cache names it.</summary>
    public string Level => Source switch
    {
        CacheSource.L1 => "L1",
        CacheSource.L2 => "L2",
        CacheSource.Origin => "DB",
        _ => "NONE",
    };

    /// <summary>For the header Server-Timing.</summary>
    public string Timing => string.Create(
        CultureInfo.InvariantCulture, $"{Level.ToLowerInvariant()};dur={Took.TotalMilliseconds:0.###}");
}
