using Bus.Kafka.Clients;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Bus.Kafka.Tailing;

/// <summary>Adds a tail to a host.</summary>
public static class TailRegistration
{
    /// <summary>Follows <paramref name="topic"/>, with the sections <c>Kafka</c> and <c>Tail</c>.</summary>
    public static IServiceCollection AddTopicTail<THandler>(this IServiceCollection services, string topic)
        where THandler : class, ITailHandler
    {
        services.AddOptions<KafkaOptions>().BindConfiguration(KafkaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptionsWithValidateOnStart<TailOptions, TailOptionsValidator>().BindConfiguration(TailOptions.Section)
            .Configure(options => options.Topic = topic);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<THandler>();
        services.TryAddSingleton<ITailHandler>(provider => provider.GetRequiredService<THandler>());
        services.AddSingleton<TopicTail>();
        services.AddHostedService(provider => provider.GetRequiredService<TopicTail>());
        return services;
    }
}

/// <summary>The ranges of <see cref="TailOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class TailOptionsValidator : IValidateOptions<TailOptions>;
