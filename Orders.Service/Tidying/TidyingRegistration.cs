using Bus.Storage.Tidying;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orders.Service.Tidying;

/// <summary>The door to what keeps the tables bounded.</summary>
internal static class TidyingRegistration
{
    public static IServiceCollection AddTidying(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<TidyingOptions>().BindConfiguration(TidyingOptions.Section).ValidateDataAnnotations();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Tidier>();
        services.AddHostedService<TidyingWorker>();
        return services;
    }
}
