using Microsoft.Extensions.Logging;

namespace Bus.Caching.Filling;

/// <summary>The origin with a time limit, and a pause after a failure: an outage does not cost every reader the limit.</summary>
internal sealed class GuardedOrigin(ICacheOrigin origin, CacheOptions options, TimeProvider time, ILogger<GuardedOrigin> logger)
{
    private long _failedAt;

    /// <summary>The state, or null when the origin cannot be asked. Never throws.</summary>
    public async Task<CachedValue?> ReadAsync(string key)
    {
        var failedAt = Volatile.Read(ref _failedAt);
        if (failedAt != 0)
        {
            if (time.GetElapsedTime(failedAt) < options.OriginPause)
            {
                return null;
            }

            // One reader goes ahead and finds out; the others meet a pause that has begun anew.
            if (Interlocked.CompareExchange(ref _failedAt, Now(), failedAt) != failedAt)
            {
                return null;
            }
        }

        using var limit = new CancellationTokenSource(options.OriginTimeout, time);
        try
        {
            var value = await origin.ReadAsync(key, limit.Token).WaitAsync(limit.Token);
            if (failedAt != 0)
            {
                Volatile.Write(ref _failedAt, 0);
                Log.OriginBack(logger);
            }

            return value;
        }
        catch (Exception exception)
        {
            if (Interlocked.Exchange(ref _failedAt, Now()) == 0)
            {
                Log.OriginLost(logger, exception, options.OriginPause);
            }

            return null;
        }
    }

    // Zero means "has not failed".
    private long Now() => Math.Max(1, time.GetTimestamp());
}
