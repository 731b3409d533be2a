using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orders.Service.Ingest;
using Orders.Service.Operations.DeadLetters;
using Orders.Service.Operations.Overview;
using Orders.Service.Operations.Pausing;
using Orders.Service.Operations.Reprocessing;

namespace Orders.Service.Operations;

/// <summary>Brings the operations port into the host: dashboard, REST for the command, health.</summary>
internal static class OperationsRegistration
{
    /// <summary>The most a request's body may hold; every body the port reads is a few words of JSON.</summary>
    public const long MaxRequestBodyBytes = 64 * 1024;

    private static readonly TimeSpan RequestHeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Registers the port; the host registers the database context, the replay and its <see cref="IReadinessCheck"/>s.</summary>
    public static IHostApplicationBuilder AddOperations(this IHostApplicationBuilder builder)
    {
        // A line per request would drown what the service has to say.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<OperationsOptions>()
            .BindConfiguration(OperationsOptions.Section)
            .ValidateDataAnnotations();
        services.AddSingleton<IValidateOptions<OperationsOptions>, OperationsAddressRule>();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<OperationsOptions>>(Listen);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IngestNotes>();
        services.AddSingleton<Readiness>();
        services.AddScoped<DeadLetterQueries>();
        services.AddScoped<StatusQuery>();
        return builder;
    }

    /// <summary>Puts the guards before everything and maps the port's pages and endpoints.</summary>
    public static WebApplication MapOperations(this WebApplication app)
    {
        app.UseMiddleware<ResponseGuard>();
        app.UseMiddleware<RequestGuard>();
        app.MapHealth();
        app.MapOverview();
        app.MapIngest();
        app.MapReprocess();
        app.MapDeadLetterPages();
        app.MapDeadLetterApi();
        Stylesheet.Map(app);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<OperationsOptions> options)
    {
        var (address, refusal) = OperationsAddress.Parse(options.Value.Url);
        kestrel.Listen(address?.EndPoint ?? throw new InvalidOperationException(refusal));
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = RequestHeadersTimeout;
    }
}
