using Bus.Kafka.Clients;
using Bus.Kafka.Polling;
using Bus.Kafka.Rider;
using Bus.Kafka.Watermarks;
using MassTransit;
using MassTransit.Configuration;
using MassTransit.Transports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bus.Kafka.Endpoints;

/// <summary>
/// One topic as a MassTransit receive endpoint. A fault the pipeline lets out, and a message nobody consumed, come back as an
/// exception, so that the offset is held: nothing is discarded.
/// </summary>
internal sealed class TopicEndpointConfiguration<TMessage> : ReceiveEndpointConfiguration, IKafkaTopicEndpointConfigurator
    where TMessage : class
{
    private readonly IBusInstance _bus;
    private readonly IReceiveEndpointConfiguration _endpoint;
    private readonly string _topic;
    private readonly string _group;
    private TopicEndpointOptions _reading = new();
    private IDispatchGate? _gate;

    public TopicEndpointConfiguration(IBusInstance bus, string name, string topic, string group)
        : this(bus, bus.HostConfiguration.CreateReceiveEndpointConfiguration(name), topic, group)
    {
    }

    private TopicEndpointConfiguration(IBusInstance bus, IReceiveEndpointConfiguration endpoint, string topic, string group)
        : base(bus.HostConfiguration, endpoint)
    {
        (_bus, _endpoint, _topic, _group) = (bus, endpoint, topic, group);
        PublishFaults = false;
        this.RethrowFaultedMessages();
        this.ThrowOnSkippedMessages();
    }

    public override Uri HostAddress => _endpoint.HostAddress;

    public override Uri InputAddress => _endpoint.InputAddress;

    public void Read(TopicEndpointOptions reading) => _reading = reading;

    public void PassThrough(IDispatchGate gate) => _gate = gate;

    public override IEnumerable<ValidationResult> Validate() => base.Validate()
        .Concat(_reading.Problems().Select(problem => this.Failure($"{_topic}: Reading.{problem.Setting}", problem.Problem)));

    public override ReceiveEndpointContext CreateReceiveEndpointContext()
    {
        ApplySpecifications(new Builder(this));
        return new TopicEndpointContext(_bus, this, _topic);
    }

    public ReceiveEndpoint Build(IServiceProvider services)
    {
        var context = CreateReceiveEndpointContext();
        var dispatcher = new BatchDispatcher<TMessage>(context, _topic, _group);
        var subscription = new TopicSubscription(_topic, _group, dispatcher.DispatchAsync) { Gate = _gate };
        services.GetRequiredService<KafkaTopics>().Add(subscription.State);
        var kafka = services.GetRequiredService<IOptions<KafkaOptions>>().Value;
        var store = services.GetService<IWatermarkStore>();
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Bus.Kafka");
        var transport = new TopicReceiveTransport(context, () => new TopicConsumer(subscription, _reading, kafka, store, time, logger));
        return new ReceiveEndpoint(transport, context);
    }

    private sealed class Builder(IReceiveEndpointConfiguration configuration) : ReceiveEndpointBuilder(configuration);
}

/// <summary>What MassTransit asks of a receive endpoint; what a consumer publishes or sends goes over the bus.</summary>
internal sealed class TopicEndpointContext(IBusInstance bus, IReceiveEndpointConfiguration configuration, string topic)
    : BaseReceiveEndpointContext(bus.HostConfiguration, configuration)
{
    public override Exception ConvertException(Exception exception, string message) => new ConnectionException(message + topic, exception);

    public override void AddSendAgent(IAgent agent)
    {
        // Nothing is sent through the endpoint itself.
    }

    public override void AddConsumeAgent(IAgent agent)
    {
        // The transport owns its consumer and stops it.
    }

    public override void Probe(ProbeContext context)
    {
        context.Add("type", "kafka");
        context.Add("topic", topic);
    }

    protected override ISendTransportProvider CreateSendTransportProvider() => throw new NotSupportedException("A topic endpoint only receives.");

    protected override IPublishTransportProvider CreatePublishTransportProvider() => throw new NotSupportedException("A topic endpoint only receives.");

    protected override IPublishEndpointProvider CreatePublishEndpointProvider() => bus.Bus;

    protected override ISendEndpointProvider CreateSendEndpointProvider() => bus.Bus;
}

/// <summary>Starts and stops the consumer with the bus.</summary>
internal sealed class TopicReceiveTransport(ReceiveEndpointContext context, Func<TopicConsumer> start) : IReceiveTransport
{
    public ReceiveTransportHandle Start() => new Handle(context, start);

    public void Probe(ProbeContext context1) => context.Probe(context1.CreateScope("receiveTransport"));

    public ConnectHandle ConnectReceiveObserver(IReceiveObserver observer) => context.ConnectReceiveObserver(observer);

    public ConnectHandle ConnectReceiveTransportObserver(IReceiveTransportObserver observer) => context.ConnectReceiveTransportObserver(observer);

    public ConnectHandle ConnectPublishObserver(IPublishObserver observer) => context.ConnectPublishObserver(observer);

    public ConnectHandle ConnectSendObserver(ISendObserver observer) => context.ConnectSendObserver(observer);

    private sealed class Handle : ReceiveTransportHandle
    {
        private readonly Task<TopicConsumer> _consumer;

        public Handle(ReceiveEndpointContext context, Func<TopicConsumer> start) => _consumer = Task.Run(async () =>
        {
            await context.DependenciesReady.ConfigureAwait(false);
            var consumer = start();
            await context.TransportObservers.NotifyReady(context.InputAddress).ConfigureAwait(false);
            return consumer;
        });

        public async Task Stop(CancellationToken cancellationToken = default)
        {
            var consumer = await _consumer.WaitAsync(cancellationToken).ConfigureAwait(false);
            await consumer.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
