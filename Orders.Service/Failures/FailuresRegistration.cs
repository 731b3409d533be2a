using Orders.Service.Operations;

namespace Orders.Service.Failures;

/// <summary>The door to what happens to records that cannot be stored.</summary>
internal static class FailuresRegistration
{
    public static IServiceCollection AddFailures(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<FailuresOptions>().BindConfiguration(FailuresOptions.Section).ValidateDataAnnotations();
        services.AddSingleton<FailedRecords>();
        services.AddSingleton<IFailedRecords>(provider => provider.GetRequiredService<FailedRecords>());
        services.AddSingleton<ISuspectRecords>(provider => provider.GetRequiredService<FailedRecords>());
        services.AddSingleton<TakeoverFilter>();
        services.AddSingleton<CrashGuard>();
        services.AddSingleton<BisectionFilter>();
        services.AddSingleton<KeptRecordIngest>();
        services.AddSingleton<CrashCount>();
        services.AddSingleton<IDeadLetterReplay, DeadLetterReplayer>();
        services.AddHostedService<RedeliveryWorker>();
        services.AddSingleton<IngestGate>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<IngestGate>());
        services.AddSingleton<Brake>();
        services.AddSingleton<IngestPause>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<IngestPause>());
        services.AddHostedService(provider => provider.GetRequiredService<IngestPause>());
        return services;
    }
}
