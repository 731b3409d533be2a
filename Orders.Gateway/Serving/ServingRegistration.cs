namespace Orders.Gateway.Serving;

/// <summary>Adds the answering of <c>GET /order/{uid}</c>.</summary>
internal static class ServingRegistration
{
    public static IServiceCollection AddOrderServing(this IServiceCollection services)
    {
        services.AddSingleton<OrderLookup>();
        return services;
    }

    public static void UseOrders(this WebApplication app) => app.UseMiddleware<OrderEndpoint>();
}
