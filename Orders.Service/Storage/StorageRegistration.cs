using Bus.Kafka.Watermarks;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Orders.Service.Storage;

/// <summary>The door to the database.</summary>
internal static class StorageRegistration
{
    private const int KeepAliveSeconds = 10;

    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateDataAnnotations();
        services.AddSingleton<IValidateOptions<StorageOptions>, ConnectionStringRule>();
        services.AddSingleton(provider => Open(
            provider.GetRequiredService<IConfiguration>().GetConnectionString("Orders"),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value.Schema));
        services.AddPooledDbContextFactory<OrdersDbContext>((provider, options) => options
            .UseNpgsql(
                provider.GetRequiredService<NpgsqlDataSource>(),
                npgsql => npgsql.MigrationsHistoryTable("migration_history", provider.GetRequiredService<IOptions<StorageOptions>>().Value.Schema))

            // Migrations are SQL written by hand: there is no model snapshot to compare with.
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning)));
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<OrdersDbContext>>().CreateDbContext());
        services.AddSingleton<IWatermarkStore, InboxWatermarks>();
        return services;
    }

    /// <summary>Opens the pool; every connection finds the installation's tables without naming their schema.</summary>
    public static NpgsqlDataSource Open(string? connectionString, string schema)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = schema, ApplicationName = "Orders.Service" };
        if (settings.MaxAutoPrepare == 0)
        {
            // The same few statements run for every batch: parsing and planning them once is worth more than the memory.
            settings.MaxAutoPrepare = 40;
            settings.AutoPrepareMinUsages = 2;
        }

        if (!settings.ShouldSerialize("Timeout"))
        {
            // Whoever waits for a database that is gone should know soon: readiness and the pages depend on it.
            settings.Timeout = 5;
        }

        // Whoever changes a session takes the change back; the driver's reset would be six more statements for every batch.
        settings.NoResetOnClose = true;
        var isOfThisMachine = settings.Host is ['/' or '@', ..];
        if (!isOfThisMachine && !settings.ShouldSerialize("Keepalive") && !settings.ShouldSerialize("TCP Keepalive Time"))
        {
            // The kernel finds a peer that vanished. The driver's own question would hold the session, and whoever rents it, until its time is over.
            (settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (KeepAliveSeconds, 1);
        }

        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
