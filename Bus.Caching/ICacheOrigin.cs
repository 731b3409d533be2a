namespace Bus.Caching;

/// <summary>Where the values come from; the truth that misses are filled from.</summary>
public interface ICacheOrigin
{
    /// <summary>
    /// The current state of <paramref name="key"/>, or <see cref="CachedValue.Unknown"/>. It reads what was committed before the call,
    /// for the cache holds that a read which starts after an event sees the event's change. Anything thrown counts as an outage.
    /// </summary>
    Task<CachedValue> ReadAsync(string key, CancellationToken cancellationToken);
}
