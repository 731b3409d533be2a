using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orders.Service.Ingest.Decoding;

/// <summary>Adds the decoder of records.</summary>
internal static class DecodingRegistration
{
    /// <summary>Registers <see cref="OrderReader"/>, with <see cref="DecodingOptions"/> bound and validated when the host starts.</summary>
    public static IServiceCollection AddDecoding(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<DecodingOptions, DecodingOptionsValidator>().BindConfiguration(DecodingOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OrderReader>();
        return services;
    }
}
