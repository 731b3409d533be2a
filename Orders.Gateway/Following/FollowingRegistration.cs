using Bus.Kafka.Tailing;
using Orders.Contracts;

namespace Orders.Gateway.Following;

/// <summary>Adds the following of <see cref="Topics.OrderEvents"/>.</summary>
internal static class FollowingRegistration
{
    public static IServiceCollection AddOrderFollowing(this IServiceCollection services)
    {
        services.AddTopicTail<OrderEventsHandler>(Topics.OrderEvents);
        services.AddSingleton(provider =>
        {
            var tail = provider.GetRequiredService<TopicTail>();
            return new Freshness(() => tail.IsKeepingUp, () => tail.State);
        });
        return services;
    }
}
