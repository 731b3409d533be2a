namespace Bus.Caching;

/// <summary>Which level answered.</summary>
public enum CacheSource
{
    /// <summary>None could.</summary>
    None,

    /// <summary>This process's memory.</summary>
    L1,

    /// <summary>Redis.</summary>
    L2,

    /// <summary>Where the values come from.</summary>
    Origin,
}

/// <summary>What a lookup ended in.</summary>
/// <param name="Value">The value; with a body of null there is nothing under the key; null itself: nobody could be asked.</param>
/// <param name="Source">Who answered.</param>
/// <param name="IsStale">The value could not be checked against the origin although it should have been.</param>
public readonly record struct CacheAnswer(CachedValue? Value, CacheSource Source, bool IsStale = false)
{
    /// <summary>Nobody could be asked: an outage, not an absence.</summary>
    public static CacheAnswer Unavailable => new(null, CacheSource.None);
}
