namespace Orders.Gateway.Priming;

/// <summary>Adds the priming of L1 before readiness.</summary>
internal static class PrimingRegistration
{
    public static IServiceCollection AddOrderPriming(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddHostedService<PrimingWorker>();
        return services;
    }
}
