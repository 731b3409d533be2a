using System.ComponentModel.DataAnnotations;

namespace Bus.Caching;

/// <summary>How much is kept, for how long, and how long a level is waited for. Section <c>Cache</c>.</summary>
public sealed class CacheOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Cache";

    /// <summary>
    /// The most bytes of L1, overhead included. Default 256 MiB. Too small: hot keys are read from Redis or the origin again and again.
    /// Too large: the process needs that much memory and about half of it more while the collector works.
    /// </summary>
    [Range(64 * 1024, 1L << 40)]
    public long MaxBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// How long the origin is waited for. Default 2 s. Too short: a busy origin looks like an outage. Too long: an outage costs each
    /// reader that time before the answer.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan OriginTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the origin is left alone after it failed to answer. Default 1 s. Too short: readers wait out the time limit more often.
    /// Too long: its return is noticed late.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan OriginPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long it is remembered that there is nothing under a key. Default 1 s. Too short: a flood of unknown keys reaches the origin.
    /// Too long: matters only for a key whose event is late, as an event ends it at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan NegativeLifetime { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The most unknown keys remembered. Default 50,000, about 10 MB. Too small: a flood of them reaches the origin.</summary>
    [Range(1, 10_000_000)]
    public int MaxNegativeKeys { get; set; } = 50_000;

    /// <summary>Redis, in the form of StackExchange.Redis (<c>127.0.0.1:6379,password=…</c>). Default empty: there is no L2.</summary>
    public string Redis { get; set; } = "";

    /// <summary>
    /// What every key in Redis begins with, so that installations can share one. The host sets it; two installations with the same id
    /// would serve each other's values.
    /// </summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9_.-]{1,64}$", ErrorMessage = "Cache:InstallationId must be 1 to 64 characters out of A-Z a-z 0-9 _ . -")]
    public string InstallationId { get; set; } = "default";

    /// <summary>
    /// How long a value stays in Redis. Default 5 min. Too short: L2 misses what it could have answered. Too long: Redis fills up.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RedisLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a read waits for Redis. Default 50 ms. Too short: a busy Redis counts as gone. Too long: a hung one costs the first
    /// readers that time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How often Redis is tried while it is gone; no reader waits for that. Default 500 ms. Too long: its return is noticed late.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RedisProbeInterval { get; set; } = TimeSpan.FromMilliseconds(500);
}
