namespace Orders.Service.Failures;

/// <summary>The door to what happens to records that cannot be stored.</summary>
internal static class FailuresRegistration
{
    public static IServiceCollection AddFailures(this IServiceCollection services) =>
        services.AddSingleton<IDeadLetterReplay, DeadLetterReplayer>();
}
