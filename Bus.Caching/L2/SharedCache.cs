using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Bus.Caching.L2;

/// <summary>
/// L2: an aid that may fail in any way at any time. The invariant: it answers only with entries that were written in an era this process
/// has followed without a miss; after a write that may have been lost, a new era begins, and what was there before is not looked at.
/// </summary>
internal sealed class SharedCache(ISharedStore? store, CacheOptions options, TimeProvider time, ILogger<SharedCache> logger)
{
    // The most writes that wait or are under way; more are as good as lost and end the era.
    private const int MaxWritesUnderWay = 8192;

    // What one call of the script may hold. Redis serves nobody else meanwhile.
    private const int MaxEntriesPerCall = 128;
    private const int MaxBytesPerCall = 1 << 20;

    // What comes within this time of a call goes in the next one together: at a thousand events a second a call for each would cost
    // more than all else that an event costs. The first one after a pause does not wait.
    private static readonly TimeSpan WriteLinger = TimeSpan.FromMilliseconds(10);

    // Nobody waits for a write, so it may take longer than a read.
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(2);

    private readonly Channel<long> _lost = Channel.CreateBounded<long>(1);
    private readonly ConcurrentQueue<(string Key, CachedValue Value, long Era)> _writes = new();
    // Redis does what it is sent in the order it is sent: a call that was right when it was sent is done before the next era begins.
    private readonly Lock _order = new();
    private long _era;
    private int _writesUnderWay;
    private int _isWriting;

    /// <summary>Whether entries are read and written at present.</summary>
    public bool IsOpen => Volatile.Read(ref _era) > 0;

    /// <summary>Opens L2 and opens it again whenever it was lost, until cancelled. Called once, when events are being followed.</summary>
    public async Task KeepOpenAsync(CancellationToken cancellationToken)
    {
        if (store is null)
        {
            return;
        }

        while (true)
        {
            if (!IsOpen && !await TryOpenAsync(cancellationToken))
            {
                await Task.Delay(options.RedisProbeInterval, time, cancellationToken);
                continue;
            }

            await _lost.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>The value, or null when L2 has none that can be trusted. Never throws.</summary>
    public async ValueTask<CachedValue?> ReadAsync(string key)
    {
        var era = Volatile.Read(ref _era);
        if (store is null || era <= 0)
        {
            return null;
        }

        byte[]? stored;
        try
        {
            stored = await store.ReadAsync(key).WaitAsync(options.RedisTimeout, time);
        }
        catch (Exception exception) when (IsWrongType(exception))
        {
            DropForeign(key);
            return null;
        }
        catch (Exception exception)
        {
            Lose(era, exception);
            return null;
        }

        if (stored is null)
        {
            return null;
        }

        if (!EntryFormat.TryDecode(key, stored, out var writtenIn, out var value))
        {
            DropForeign(key);
            return null;
        }

        // Both: written since this process follows, and this process has missed nothing since.
        return writtenIn >= era && Volatile.Read(ref _era) == era ? value : null;
    }

    /// <summary>Writes in the background, unless a newer version is there.</summary>
    public void Write(string key, CachedValue value)
    {
        var era = Volatile.Read(ref _era);
        if (store is null || era <= 0 || value.Version == 0)
        {
            return;
        }

        if (Interlocked.Increment(ref _writesUnderWay) > MaxWritesUnderWay)
        {
            Interlocked.Decrement(ref _writesUnderWay);
            Lose(era, new InvalidOperationException($"{MaxWritesUnderWay} writes are under way already."));
            return;
        }

        _writes.Enqueue((key, value, era));
        if (Interlocked.Exchange(ref _isWriting, 1) == 0)
        {
            _ = WriteWaitingAsync(store);
        }
    }

    /// <summary>From here on, what lies in L2 is not looked at until a new era has begun.</summary>
    public void Distrust() => Lose(Volatile.Read(ref _era), null);

    private async Task WriteWaitingAsync(ISharedStore to)
    {
        do
        {
            while (!_writes.IsEmpty)
            {
                await WriteCallAsync(to);
                if (Volatile.Read(ref _writesUnderWay) < MaxEntriesPerCall)
                {
                    await Task.Delay(WriteLinger, time);
                }
            }

            // With a fence: whoever came after that look, and before the flag was down, did not start another writer.
            Interlocked.Exchange(ref _isWriting, 0);
        }
        while (!_writes.IsEmpty && Interlocked.Exchange(ref _isWriting, 1) == 0);
    }

    private async Task WriteCallAsync(ISharedStore to)
    {
        var taken = 0;
        var era = Volatile.Read(ref _era);
        try
        {
            var call = TakeCall(era, out taken);
            var written = Task.CompletedTask;
            lock (_order)
            {
                if (call.Count > 0 && Volatile.Read(ref _era) == era)
                {
                    written = to.WriteAsync(call, options.RedisLifetime);
                }
            }

            await written.WaitAsync(WriteTimeout, time);
        }
        catch (Exception exception)
        {
            Lose(era, exception);
        }
        finally
        {
            Interlocked.Add(ref _writesUnderWay, -taken);
        }
    }

    /// <summary>Takes what one call may hold. What was to be written in another era is left out: Redis would stamp it with the one it is in.</summary>
    private List<SharedEntry> TakeCall(long era, out int taken)
    {
        var call = new List<SharedEntry>();
        var bytes = 0;
        for (taken = 0; taken < MaxEntriesPerCall && bytes < MaxBytesPerCall && _writes.TryDequeue(out var write); taken++)
        {
            if (write.Era == era)
            {
                var entry = EntryFormat.Encode(write.Key, write.Value);
                bytes += entry.Length;
                call.Add(new SharedEntry(write.Key, entry));
            }
        }

        return call;
    }

    private async Task<bool> TryOpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            Task<long> next;
            lock (_order)
            {
                next = store!.NextEraAsync();
            }

            var era = await next.WaitAsync(WriteTimeout, time, cancellationToken);
            Volatile.Write(ref _era, era);
            Log.SharedOpened(logger, era);
            return era > 0;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.SharedNotOpened(logger, exception.Message);
            return false;
        }
    }

    private void Lose(long era, Exception? exception)
    {
        if (era <= 0 || Interlocked.CompareExchange(ref _era, 0, era) != era)
        {
            return;
        }

        Log.SharedLost(logger, era, exception?.Message ?? "events were missed");
        _lost.Writer.TryWrite(era);
    }

    private void DropForeign(string key)
    {
        Log.ForeignEntry(logger, key);
        _ = DropAsync();

        async Task DropAsync()
        {
            try
            {
                await store!.RemoveAsync(key).WaitAsync(WriteTimeout, time);
            }
            catch (Exception exception)
            {
                // The next write replaces it; until then it is found foreign again.
                Log.ForeignEntryStays(logger, key, exception.Message);
            }
        }
    }

    private static bool IsWrongType(Exception exception) => exception.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal);
}
