using Bus.Kafka.Endpoints;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Transports;

namespace Bus.Kafka.Rider;

/// <summary>Collects the topic endpoints and builds the rider when the bus is built.</summary>
internal sealed class KafkaConfigurator(IRiderRegistrationContext context) : IKafkaConfigurator, IBusInstanceSpecification
{
    private readonly Dictionary<string, Func<IBusInstance, ReceiveEndpoint>> _endpoints = new(StringComparer.Ordinal);
    private readonly List<string> _duplicates = [];

    public void TopicEndpoint<TMessage>(string topic, string group, Action<IKafkaTopicEndpointConfigurator> configure)
        where TMessage : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        var name = $"kafka/{topic}/{group}";
        if (!_endpoints.TryAdd(name, bus => BuildEndpoint<TMessage>(bus, name, topic, group, configure)))
        {
            _duplicates.Add(name);
        }
    }

    public IEnumerable<ValidationResult> Validate()
    {
        foreach (var name in _duplicates)
        {
            yield return this.Failure(name, "is configured twice; one group reads a topic through one endpoint");
        }
    }

    public void Configure(IBusInstance busInstance)
    {
        var endpoints = new ReceiveEndpointCollection();
        foreach (var (name, build) in _endpoints)
        {
            endpoints.Add(name, build(busInstance));
        }

        busInstance.Connect<IKafkaRider>(new KafkaRider(endpoints));
    }

    private ReceiveEndpoint BuildEndpoint<TMessage>(
        IBusInstance bus, string name, string topic, string group, Action<IKafkaTopicEndpointConfigurator> configure)
        where TMessage : class
    {
        var configuration = new TopicEndpointConfiguration<TMessage>(bus, name, topic, group);
        configure(configuration);
        configuration.Validate().ThrowIfContainsFailure($"The endpoint of topic '{topic}' is configured wrongly:");
        return configuration.Build(context);
    }
}

internal sealed class KafkaRider(IReceiveEndpointCollection endpoints) : IKafkaRider
{
    public RiderHandle Start(CancellationToken cancellationToken = default) => new Handle(endpoints, endpoints.StartEndpoints(cancellationToken));

    public IEnumerable<EndpointHealthResult> CheckEndpointHealth() => endpoints.CheckEndpointHealth();

    private sealed class Handle(IReceiveEndpointCollection endpoints, HostReceiveEndpointHandle[] started) : RiderHandle
    {
        public Task Ready => Task.WhenAll(started.Select(endpoint => endpoint.Ready));

        public Task StopAsync(CancellationToken cancellationToken) => endpoints.StopEndpoints(cancellationToken);
    }
}
