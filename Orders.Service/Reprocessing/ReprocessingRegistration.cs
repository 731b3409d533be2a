namespace Orders.Service.Reprocessing;

/// <summary>The door to running a range of the topic through ingest again.</summary>
internal static class ReprocessingRegistration
{
    public static IServiceCollection AddReprocessing(this IServiceCollection services)
    {
        services.AddSingleton<ReprocessIngest>();
        services.AddSingleton<ReprocessStart>();
        services.AddSingleton<ReprocessWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<ReprocessWorker>());
        return services;
    }
}
