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

    public int Reads => Volatile.Read(ref _reads);

    public long Era => Interlocked.Read(ref _era);

    public Task<long> NextEraAsync() => AsTold(() => Interlocked.Increment(ref _era));

    public Task<byte[]?> ReadAsync(string key)
    {
        Interlocked.Increment(ref _reads);
        return AsTold(() => Entries.GetValueOrDefault(key));
    }

    public Task WriteAsync(string key, byte[] entry, TimeSpan lifetime) => AsTold(() =>
    {
        var stamped = new byte[entry.Length + 8];
        entry.CopyTo(stamped, 0);
        BinaryPrimitives.WriteInt64BigEndian(stamped.AsSpan(entry.Length), Era);
        return Entries.AddOrUpdate(key, stamped, (_, old) =>
            old.AsSpan(1, 8).SequenceCompareTo(entry.AsSpan(1, 8)) > 0 ? old : stamped);
    });

    public Task RemoveAsync(string key) => AsTold(() => Entries.TryRemove(key, out _));

    private Task<T> AsTold<T>(Func<T> act) =>
        Hangs ? new TaskCompletionSource<T>().Task
        : Failure is not null ? Task.FromException<T>(Failure)
        : Task.FromResult(act());
}
