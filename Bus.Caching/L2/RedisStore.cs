using StackExchange.Redis;

namespace Bus.Caching.L2;

/// <summary>Redis through StackExchange.Redis, which connects by itself, in the background, for as long as it takes.</summary>
internal sealed class RedisStore(CacheOptions options) : ISharedStore, IDisposable
{
    private static readonly string WriteScript = ReadScript("write.lua");

    private readonly Lock _gate = new();
    private readonly string _prefix = $"{options.InstallationId}:v:";
    private readonly RedisKey _eraKey = $"{options.InstallationId}:era";
    private Task<ConnectionMultiplexer>? _connection;

    public async Task<long> NextEraAsync() => await (await DatabaseAsync()).StringIncrementAsync(_eraKey);

    public async Task<byte[]?> ReadAsync(string key) => await (await DatabaseAsync()).StringGetAsync(_prefix + key);

    public async Task WriteAsync(IReadOnlyList<SharedEntry> entries, TimeSpan lifetime)
    {
        var (keys, values) = (new RedisKey[entries.Count + 1], new RedisValue[entries.Count + 1]);
        (keys[0], values[0]) = (_eraKey, (long)lifetime.TotalMilliseconds);
        for (var i = 0; i < entries.Count; i++)
        {
            (keys[i + 1], values[i + 1]) = (_prefix + entries[i].Key, entries[i].Bytes);
        }

        var redis = await DatabaseAsync();
        try
        {
            await redis.ScriptEvaluateAsync(WriteScript, keys, values);
        }
        catch (RedisServerException forgotten) when (forgotten.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Nothing was run. The client sends a script once and then its hash; having met this answer it sends the script again.
            await redis.ScriptEvaluateAsync(WriteScript, keys, values);
        }
    }

    public async Task RemoveAsync(string key) => await (await DatabaseAsync()).KeyDeleteAsync(_prefix + key);

    public void Dispose()
    {
        if (_connection is { IsCompletedSuccessfully: true })
        {
            _connection.Result.Dispose();
        }
    }

    private async Task<IDatabase> DatabaseAsync()
    {
        Task<ConnectionMultiplexer> connection;
        lock (_gate)
        {
            if (_connection is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _connection = ConnectAsync(options.Redis);
            }

            connection = _connection;
        }

        return (await connection).GetDatabase();
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(string configuration)
    {
        var parsed = ConfigurationOptions.Parse(configuration);
        // Otherwise a Redis that is not there yet ends the connection for good.
        parsed.AbortOnConnectFail = false;
        parsed.ClientName ??= "bus-caching";
        return ConnectionMultiplexer.ConnectAsync(parsed);
    }

    private static string ReadScript(string name)
    {
        using var stream = typeof(RedisStore).Assembly.GetManifestResourceStream($"Bus.Caching.L2.{name}")
            ?? throw new InvalidOperationException($"The script '{name}' is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
