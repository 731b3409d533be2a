using System.Security.Cryptography;
using System.Text;
using Bus.Caching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Gateway.Reading;

/// <summary>Adds the way to the orders: the view in Postgres, with the cache before it.</summary>
internal static class ReadingRegistration
{
    // Misses are few and short; more connections would only queue inside Postgres.
    private const int MaxConnections = 16;
    private const int KeepAliveSeconds = 10;
    private const int PatientSeconds = 600;

    /// <summary>The key of the door for what takes long before its first row comes.</summary>
    public const string Patient = "patient";

    public static IServiceCollection AddOrderReading(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<StorageOptions, StorageOptionsValidator>().BindConfiguration(StorageOptions.Section);
        services.AddSingleton<IValidateOptions<StorageOptions>, ConnectionStringRule>();
        services.AddSingleton(provider => NpgsqlDataSource.Create(ConnectionString(
            provider.GetRequiredService<IConfiguration>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value).ConnectionString));
        services.AddKeyedSingleton(Patient, (provider, _) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString(
            provider.GetRequiredService<IConfiguration>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value).ConnectionString) { CommandTimeout = PatientSeconds, Pooling = false }));
        services.AddTieredCache<OrderView>();
        services.AddOptions<CacheOptions>().Configure<IConfiguration, IOptions<StorageOptions>>((cache, configuration, storage) =>
        {
            cache.Redis = configuration.GetConnectionString("Redis") ?? cache.Redis;
            if (configuration[$"{CacheOptions.Section}:{nameof(CacheOptions.InstallationId)}"] is null)
            {
                cache.InstallationId = InstallationId(ConnectionString(configuration, storage.Value));
            }
        });
        return services;
    }

    private static NpgsqlConnectionStringBuilder ConnectionString(IConfiguration configuration, StorageOptions storage)
    {
        var given = configuration.GetConnectionString("Orders");
        var builder = new NpgsqlConnectionStringBuilder(given) { SearchPath = storage.Schema, ApplicationName = "busorders-gateway" };
        if (!builder.ShouldSerialize("Maximum Pool Size"))
        {
            builder.MaxPoolSize = MaxConnections;
        }

        if (!builder.ShouldSerialize("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 4;
        }

        var isOfThisMachine = builder.Host is ['/' or '@', ..];
        if (!isOfThisMachine && !builder.ShouldSerialize("Keepalive") && !builder.ShouldSerialize("TCP Keepalive Time"))
        {
            // The kernel finds a peer that vanished. The driver's own question would hold the session, and the reader who rents it, until its time is over.
            (builder.TcpKeepAliveTime, builder.TcpKeepAliveInterval) = (KeepAliveSeconds, 1);
        }

        // No session of the pool is ever changed; the driver's reset would be six more statements for every miss.
        builder.NoResetOnClose = true;
        return builder;
    }

    /// <summary>The same database gets the same id, whichever gateway asks; two databases get two, so they may share a Redis.</summary>
    private static string InstallationId(NpgsqlConnectionStringBuilder place)
    {
        var name = $"{place.Host}|{place.Port}|{place.Database}|{place.SearchPath}";
        return "orders." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..12];
    }
}

/// <summary>The rules of <see cref="StorageOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
