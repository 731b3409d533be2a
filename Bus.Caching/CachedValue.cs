using System.Globalization;

namespace Bus.Caching;

/// <summary>A finished value: its bytes, its version and the version's entity tag. Immutable, so it is shared without copies.</summary>
public sealed class CachedValue
{
    private const int SharedTags = 64;

    // Most keys never see a version above a few; one string each for all of them saves 32 bytes per value.
    private static readonly string[] Tags = [.. Enumerable.Range(0, SharedTags).Select(version => TagOf(version))];

    /// <summary>A key of which nothing is known to exist.</summary>
    public static CachedValue Unknown { get; } = new(0, null);

    /// <summary>Takes over <paramref name="body"/>; whoever gave it must not write to it again.</summary>
    /// <param name="version">The version of the key's state, from 1; 0 only where nothing is known of the key.</param>
    /// <param name="body">The bytes; null where the state was removed, which is a version too.</param>
    public CachedValue(long version, byte[]? body)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        Version = version;
        Body = body;
        Tag = version < SharedTags ? Tags[version] : TagOf(version);
    }

    /// <summary>The version of the key's state.</summary>
    public long Version { get; }

    /// <summary>The bytes; null where there are none to serve (removed, or never seen).</summary>
#pragma warning disable CA1819 // An array, because the response stream takes one without a wrapper; nobody writes to it.
    public byte[]? Body { get; }
#pragma warning restore CA1819

    /// <summary>The version as a strong entity tag, quotes included: <c>"v7"</c>.</summary>
    public string Tag { get; }

    private static string TagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"\"v{version}\"");
}
