using Microsoft.Extensions.DependencyInjection;

namespace Bus.Kafka.Clients;

/// <summary>The door to the clients' settings.</summary>
public static class KafkaRegistration
{
    /// <summary>Binds <see cref="KafkaOptions"/> and refuses to start without the brokers' addresses.</summary>
    public static IServiceCollection AddKafka(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<KafkaOptions>().BindConfiguration(KafkaOptions.Section).ValidateDataAnnotations();
        return services;
    }
}
