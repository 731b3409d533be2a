using Bus.Kafka.Polling;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.DependencyInjection;
using MassTransit.Transports;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Bus.Kafka.Rider;

/// <summary>The door: <c>AddMassTransit(x =&gt; x.AddRider(rider =&gt; rider.UsingKafka(…)))</c>.</summary>
public static class KafkaRiderRegistration
{
    /// <summary>Reads topics through MassTransit. Needs <c>KafkaOptions</c> in the container.</summary>
    public static void UsingKafka(this IRiderRegistrationConfigurator configurator, Action<IRiderRegistrationContext, IKafkaConfigurator> configure)
    {
        ArgumentNullException.ThrowIfNull(configurator);
        ArgumentNullException.ThrowIfNull(configure);
        configurator.TryAddSingleton<KafkaTopics>();
        configurator.TryAddSingleton(TimeProvider.System);
        configurator.SetRiderFactory(new RiderFactory(configure));
    }

    private sealed class RiderFactory(Action<IRiderRegistrationContext, IKafkaConfigurator> configure) : IRegistrationRiderFactory<IKafkaRider>
    {
        public IBusInstanceSpecification CreateRider(IRiderRegistrationContext context)
        {
            var configurator = new KafkaConfigurator(context);
            configure(context, configurator);
            return configurator;
        }
    }
}

/// <summary>The Kafka rider of a bus.</summary>
public interface IKafkaRider : IRiderControl;

/// <summary>Says which topics are read.</summary>
public interface IKafkaConfigurator
{
    /// <summary>
    /// Reads <paramref name="topic"/> for <paramref name="group"/>. With <c>RecordBatch&lt;T&gt;</c> as the message a batch is consumed as
    /// one; with any other type each record's JSON value is read as <typeparamref name="TMessage"/> and consumed by itself, and
    /// records without a value are passed over.
    /// </summary>
    void TopicEndpoint<TMessage>(string topic, string group, Action<IKafkaTopicEndpointConfigurator> configure)
        where TMessage : class;
}

/// <summary>Configures one topic endpoint, as any MassTransit receive endpoint, and how it reads.</summary>
public interface IKafkaTopicEndpointConfigurator : IReceiveEndpointConfigurator
{
    /// <summary>Sets batch sizes, queues and patience; without it the defaults hold.</summary>
    void Read(Endpoints.TopicEndpointOptions reading);

    /// <summary>Has every batch of the endpoint pass a gate before it is dispatched; without one they go at once.</summary>
    void PassThrough(Endpoints.IDispatchGate gate);
}

/// <summary>The topics this process reads, for health checks and status pages.</summary>
public sealed class KafkaTopics
{
    private readonly System.Collections.Concurrent.ConcurrentBag<TopicState> _topics = [];

    /// <summary>One entry per topic endpoint.</summary>
    public IReadOnlyCollection<TopicState> All => _topics;

    internal void Add(TopicState topic) => _topics.Add(topic);
}
