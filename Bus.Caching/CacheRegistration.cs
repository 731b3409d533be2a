using Bus.Caching.L2;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bus.Caching;

/// <summary>Adds the cache to a host.</summary>
public static class CacheRegistration
{
    /// <summary>Adds a <see cref="TieredCache"/> over <typeparamref name="TOrigin"/>, with the section <c>Cache</c>.</summary>
    public static IServiceCollection AddTieredCache<TOrigin>(this IServiceCollection services, Action<CacheOptions>? configure = null)
        where TOrigin : class, ICacheOrigin
    {
        services.AddOptionsWithValidateOnStart<CacheOptions, CacheOptionsValidator>().BindConfiguration(CacheOptions.Section)
            .Configure(options => configure?.Invoke(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ICacheOrigin, TOrigin>();
        services.AddSingleton(provider => new RedisStore(provider.GetRequiredService<IOptions<CacheOptions>>().Value));
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<CacheOptions>>().Value;
            return new TieredCache(
                provider.GetRequiredService<ICacheOrigin>(),
                options.Redis.Length == 0 ? null : provider.GetRequiredService<RedisStore>(),
                options,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>());
        });
        return services;
    }
}

/// <summary>The ranges of <see cref="CacheOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class CacheOptionsValidator : IValidateOptions<CacheOptions>;
