using Bus.Storage.Relay;
using Orders.Service.Operations;

namespace Orders.Service.Relay;

/// <summary>The door to the relay of order events.</summary>
internal static class OrderRelayRegistration
{
    public static IServiceCollection AddOrderRelay(this IServiceCollection services)
    {
        services.AddRelay<OrderEventsTarget>();
        services.AddSingleton<IReadinessCheck, RelayReadiness>();
        return services;
    }
}

/// <summary>Events leave: the relay reaches the database, and its target confirms.</summary>
internal sealed class RelayReadiness(RelayState state) : IReadinessCheck
{
    public string Name => "relay";

    public string? WhyNotReady() => state.Problem;
}
