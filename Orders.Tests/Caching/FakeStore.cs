using System.Buffers.Binary;
using System.Collections.Concurrent;
using Bus.Caching.L2;

namespace Orders.Tests.Caching;

/// <summary>Redis as <see cref="SharedCache"/> sees it, with the compare-and-set of write.lua, in memory; it can fail and hang.</summary>
internal sealed class FakeStore : ISharedStore
{
    private long _era;
    private int _reads;

    public ConcurrentDictionary<string, byte[]> Entries { get; } = new();

    public Exception? Failure { get; set; }

    public bool Hangs { get; set; }

    /// <summary>Writes wait for this to complete; they are done then.</summary>
    public Task WritesMayGo { get; set; } = Task.CompletedTask;

    /// <summary>How many entries each call wrote.</summary>
    public ConcurrentQueue<int> Calls { get; } = new();

    public int Reads => Volatile.Read(ref _reads);

    public long Era => Interlocked.Read(ref _era);

    public Task<long> NextEraAsync() => AsTold(() => Interlocked.Increment(ref _era));

    public Task<byte[]?> ReadAsync(string key)
    {
        Interlocked.Increment(ref _reads);
        return AsTold(() => Entries.GetValueOrDefault(key));
    }

    public async Task WriteAsync(IReadOnlyList<SharedEntry> entries, TimeSpan lifetime)
    {
        SharedEntry[] call = [.. entries];
        await WritesMayGo;
        await AsTold(() => Write(call));
    }

    public Task RemoveAsync(string key) => AsTold(() => Entries.TryRemove(key, out _));

    private bool Write(SharedEntry[] entries)
    {
        Calls.Enqueue(entries.Length);
        foreach (var (key, entry) in entries)
        {
            var stamped = new byte[entry.Length + 8];
            entry.CopyTo(stamped, 0);
            BinaryPrimitives.WriteInt64BigEndian(stamped.AsSpan(entry.Length), Era);
            Entries.AddOrUpdate(key, stamped, (_, old) => old.AsSpan(1, 8).SequenceCompareTo(entry.AsSpan(1, 8)) > 0 ? old : stamped);
        }

        return true;
    }

    private Task<T> AsTold<T>(Func<T> act) =>
        Hangs ? new TaskCompletionSource<T>().Task
        : Failure is not null ? Task.FromException<T>(Failure)
        : Task.FromResult(act());
}
