using Bus.Storage.Outbox;
using Microsoft.Extensions.DependencyInjection;

namespace Bus.Storage.Relay;

/// <summary>The door to the relay.</summary>
public static class RelayRegistration
{
    /// <summary>Relays outbox events to <typeparamref name="TTarget"/>. Needs an <c>NpgsqlDataSource</c> in the container.</summary>
    public static IServiceCollection AddRelay<TTarget>(this IServiceCollection services)
        where TTarget : class, IRelayTarget
    {
        services.AddOptionsWithValidateOnStart<RelayOptions>().BindConfiguration(RelayOptions.Section).ValidateDataAnnotations();
        services.AddSingleton<RelayState>();
        services.AddSingleton<OutboxBell>();
        services.AddHostedService(provider => provider.GetRequiredService<OutboxBell>());
        services.AddSingleton<IRelayTarget, TTarget>();
        services.AddHostedService<RelayWorker>();
        return services;
    }
}
