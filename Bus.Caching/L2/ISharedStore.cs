namespace Bus.Caching.L2;

/// <summary>The few things L2 asks of Redis. Every call may throw or never end; the caller sets the limits.</summary>
internal interface ISharedStore
{
    /// <summary>Starts a new era for this installation's keys and returns its number.</summary>
    Task<long> NextEraAsync();

    /// <summary>The bytes under the key, or null.</summary>
    Task<byte[]?> ReadAsync(string key);

    /// <summary>Compare-and-set by version, each entry on its own, all in one round trip.</summary>
    Task WriteAsync(IReadOnlyList<SharedEntry> entries, TimeSpan lifetime);

    Task RemoveAsync(string key);
}

/// <summary>A value on its way to Redis, in the form of <see cref="EntryFormat"/>.</summary>
internal readonly record struct SharedEntry(string Key, byte[] Bytes);
