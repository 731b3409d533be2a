using Microsoft.Extensions.Options;

namespace Orders.Gateway;

/// <summary>The host itself: address, limits, logs.</summary>
internal static class GatewayRegistration
{
    private const int MaxRequestBodyBytes = 64 * 1024;

    public static void AddGatewayHost(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<GatewayOptions, GatewayOptionsValidator>().BindConfiguration(GatewayOptions.Section);
        var url = builder.Configuration[$"{GatewayOptions.Section}:{nameof(GatewayOptions.Url)}"] ?? new GatewayOptions().Url;
        builder.WebHost.UseUrls(url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        // With request logs on, the host also starts an activity per request; both cost more than an answer from L1.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        // The host logs an error that it then throws, stack trace and all; the start says it in a line.
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host", level => level is LogLevel.Information or LogLevel.Warning or LogLevel.Critical);
        builder.Services.AddSingleton(TimeProvider.System);
    }
}

/// <summary>The ranges of <see cref="GatewayOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
