using System.Diagnostics.CodeAnalysis;
using Bus.Caching.Filling;
using Bus.Caching.L1;
using Bus.Caching.L2;
using Microsoft.Extensions.Logging;

namespace Bus.Caching;

/// <summary>
/// Finished values by key and version: L1 in memory, L2 in Redis, and an origin behind both. Whoever owns it feeds it events, and says
/// when events may have been missed. The invariant: under one key no reader gets a lower version than one before got.
/// </summary>
public sealed partial class TieredCache
{
    private readonly VersionMemory _memory = new();
    private readonly NegativeKeys _negative;
    private readonly LocalCache _local;
    private readonly SharedCache _shared;
    private readonly GuardedOrigin _origin;
    private readonly ILogger<TieredCache> _logger;

    internal TieredCache(ICacheOrigin origin, ISharedStore? store, CacheOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _negative = new NegativeKeys(options.NegativeLifetime, options.MaxNegativeKeys, time);
        _local = new LocalCache(options.MaxBytes, _memory, _negative);
        _shared = new SharedCache(store, options, time, loggers.CreateLogger<SharedCache>());
        _origin = new GuardedOrigin(origin, options, time, loggers.CreateLogger<GuardedOrigin>());
        _logger = loggers.CreateLogger<TieredCache>();
    }

    /// <summary>The bytes L1 holds, overhead included.</summary>
    public long LocalBytes => _local.Bytes;

    /// <summary>The values L1 holds.</summary>
    public int LocalCount => _local.Count;

    /// <summary>Whether Redis is read and written at present.</summary>
    public bool IsSharedOpen => _shared.IsOpen;

    /// <summary>Looks into L1 only; takes no lock and allocates nothing.</summary>
    public bool TryGetLocal(ReadOnlySpan<char> key, [NotNullWhen(true)] out CachedValue? value) => _local.TryGet(key, out value);

    /// <summary>An event: the state of <paramref name="key"/> is now <paramref name="value"/>. Older ones than known are ignored.</summary>
    public void Apply(string key, CachedValue value)
    {
        _local.ApplyEvent(key, value);
        // Also when L1 knew it: another process may have filled L2 with the version before.
        _shared.Write(key, value);
    }

    /// <summary>A value from a snapshot read newest first. False: L1 is full, there is no need to read on.</summary>
    public bool TryPrime(string key, CachedValue value) => _local.TryPrime(key, value);

    /// <summary>Events may have been missed: nothing that was cached before is served any more.</summary>
    public void Drop(string reason)
    {
        Log.Dropped(_logger, reason);
        _shared.Distrust();
        _local.Clear();
    }

    /// <summary>Uses L2 from now on, until cancelled. To be called when events are being followed, not before.</summary>
    public Task KeepSharedOpenAsync(CancellationToken cancellationToken) => _shared.KeepOpenAsync(cancellationToken);
}
