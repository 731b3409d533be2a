using System.Collections.Concurrent;

namespace Bus.Caching;

public sealed partial class TieredCache
{
    // A key that gets events faster than it can be read is given up after this many reads; L1 has the event's value by then.
    private const int MaxReadsPerFill = 8;

    private readonly ConcurrentDictionary<FillKey, Fill> _fills = new();

    /// <summary>L1, else L2, else the origin; at most one fill per key at a time, however many ask.</summary>
    /// <param name="key">The key.</param>
    /// <param name="atLeast">The version the reader has seen elsewhere: below it only the origin is believed.</param>
    /// <param name="check">
    /// Ask the origin even for what L1 holds, because events may be late; only when it cannot be asked, L1 answers, marked stale.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting, not the fill: others may wait for it too.</param>
    public async ValueTask<CacheAnswer> GetAsync(
        string key, long atLeast = 0, bool check = false, CancellationToken cancellationToken = default)
    {
        var isKnown = _local.TryGet(key, out var local);
        if (isKnown && !check && local!.Version >= atLeast)
        {
            return new CacheAnswer(local, CacheSource.L1);
        }

        if (!isKnown && !check && atLeast == 0 && _negative.Contains(key))
        {
            return new CacheAnswer(CachedValue.Unknown, CacheSource.L1);
        }

        var answer = await FillAsync(new FillKey(key, OriginOnly: check || atLeast > 0), atLeast, cancellationToken);
        if (answer.Value is null && check && isKnown && local!.Version >= atLeast)
        {
            return new CacheAnswer(local, CacheSource.L1, IsStale: true);
        }

        return answer;
    }

    private async ValueTask<CacheAnswer> FillAsync(FillKey key, long atLeast, CancellationToken cancellationToken)
    {
        while (true)
        {
            var mine = new Fill();
            var fill = _fills.GetOrAdd(key, mine);
            if (ReferenceEquals(fill, mine))
            {
                _ = RunAsync(key, mine);
            }

            var answer = await fill.Task.WaitAsync(cancellationToken);
            // A fill that was under way already may have read before the version came to be that the reader has seen.
            if (ReferenceEquals(fill, mine) || answer.Value is null || answer.Value.Version >= atLeast)
            {
                return answer;
            }
        }
    }

    private async Task RunAsync(FillKey key, Fill fill)
    {
        // Before the first await, so that whoever starts a fill does not do the reading inside the dictionary's caller.
        await Task.Yield();
        var answer = CacheAnswer.Unavailable;
        try
        {
            answer = await ReadThroughAsync(key);
        }
        finally
        {
            _fills.TryRemove(key, out _);
            fill.SetResult(answer);
        }
    }

    private async Task<CacheAnswer> ReadThroughAsync(FillKey fill)
    {
        var key = fill.Key;
        if (!fill.OriginOnly)
        {
            // The fill before this one may just have ended.
            if (_local.TryGet(key, out var local))
            {
                return new CacheAnswer(local, CacheSource.L1);
            }

            var stamp = _memory.Stamp(key);
            if (await _shared.ReadAsync(key) is { } shared && _local.TryAdopt(key, shared, stamp, out var adopted))
            {
                return new CacheAnswer(adopted, ReferenceEquals(adopted, shared) ? CacheSource.L2 : CacheSource.L1);
            }
        }

        for (var read = 0; read < MaxReadsPerFill; read++)
        {
            var stamp = _memory.Stamp(key);
            if (await _origin.ReadAsync(key) is not { } value)
            {
                return CacheAnswer.Unavailable;
            }

            if (_local.TryFill(key, value, stamp, out var current))
            {
                var isOrigins = ReferenceEquals(current, value);
                if (isOrigins)
                {
                    _shared.Write(key, value);
                }

                return new CacheAnswer(current, isOrigins || current.Version == value.Version ? CacheSource.Origin : CacheSource.L1);
            }
        }

        return CacheAnswer.Unavailable;
    }

    private readonly record struct FillKey(string Key, bool OriginOnly);

    private sealed class Fill() : TaskCompletionSource<CacheAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
}
