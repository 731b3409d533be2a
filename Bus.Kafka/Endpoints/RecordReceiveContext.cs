using System.Diagnostics.CodeAnalysis;
using System.Text;
using Bus.Kafka.Records;
using MassTransit;
using MassTransit.Metadata;
using MassTransit.Serialization;
using MassTransit.Transports;

namespace Bus.Kafka.Endpoints;

/// <summary>A batch or a record on its way through the pipeline. The message is there already: nothing is deserialized, nothing can be skipped.</summary>
internal sealed class RecordReceiveContext<TMessage> : BaseReceiveContext
    where TMessage : class
{
    private readonly HeaderText _headers;

    public RecordReceiveContext(ReceiveEndpointContext endpoint, TMessage message, IReadOnlyList<RecordHeader> headers, Guid id, byte[]? body)
        : base(redelivered: false, endpoint)
    {
        _headers = new HeaderText(headers);
        Body = new BytesMessageBody(body);
        var serializer = new TypedSerializerContext(message, new RecordMessageContext(id, TransportHeaders, InputAddress));
        var consume = new RecordConsumeContext(this, serializer);
        AddOrUpdatePayload<ConsumeContext>(() => consume, _ => consume);
    }

    public override MessageBody Body { get; }

    protected override IHeaderProvider HeaderProvider => _headers;

    /// <summary>A fault stays in the pipeline: the worker holds the offset and tries again, so there is nothing to tell the bus.</summary>
    private sealed class RecordConsumeContext(ReceiveContext receive, SerializerContext serializer) : BodyConsumeContext(receive, serializer)
    {
        protected override Task GenerateFault<T>(ConsumeContext<T> context, Exception exception) => Task.CompletedTask;
    }

    private sealed class TypedSerializerContext(TMessage message, MessageContext context)
        : BaseSerializerContext(SystemTextJsonMessageSerializer.Instance, context, MessageTypeCache<TMessage>.MessageTypeNames)
    {
        public override bool IsSupportedMessageType<T>() => message is T;

        public override bool IsSupportedMessageType(Type messageType) => messageType.IsInstanceOfType(message);

        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? result)
            where T : class
        {
            result = message as T;
            return result is not null;
        }

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? result)
        {
            result = IsSupportedMessageType(messageType) ? message : null;
            return result is not null;
        }

        public override IMessageSerializer GetMessageSerializer() => throw new NotSupportedException("Records are redelivered from the database.");

        public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T content) =>
            throw new NotSupportedException("Records are redelivered from the database.");

        public override IMessageSerializer GetMessageSerializer(object content, string[] messageTypes) =>
            throw new NotSupportedException("Records are redelivered from the database.");

        public override Dictionary<string, object> ToDictionary<T>(T? content)
            where T : class => throw new NotSupportedException("A record is not turned into a dictionary.");
    }
}

/// <summary>Headers as text for MassTransit: the first of a name counts, bytes that are no UTF-8 become replacement characters, nothing throws.</summary>
internal sealed class HeaderText(IReadOnlyList<RecordHeader> headers) : IHeaderProvider
{
    public IEnumerable<KeyValuePair<string, object>> GetAll() => headers
        .Where(header => header.Value is not null)
        .DistinctBy(header => header.Name, StringComparer.OrdinalIgnoreCase)
        .Select(header => KeyValuePair.Create(header.Name, (object)Encoding.UTF8.GetString(header.Value!)));

    public bool TryGetHeader(string key, [NotNullWhen(true)] out object? value)
    {
        value = headers
            .Where(header => header.Value is not null && string.Equals(header.Name, key, StringComparison.OrdinalIgnoreCase))
            .Select(header => Encoding.UTF8.GetString(header.Value!))
            .FirstOrDefault();
        return value is not null;
    }
}

/// <summary>What MassTransit may know of a record from anyone: no id, no address and no time in its headers is believed.</summary>
internal sealed class RecordMessageContext(Guid id, Headers headers, Uri destination) : MessageContext
{
    public Guid? MessageId => id;

    public Guid? RequestId => null;

    public Guid? CorrelationId => null;

    public Guid? ConversationId => null;

    public Guid? InitiatorId => null;

    public DateTime? ExpirationTime => null;

    public Uri? SourceAddress => null;

    public Uri? DestinationAddress => destination;

    public Uri? ResponseAddress => null;

    public Uri? FaultAddress => null;

    public DateTime? SentTime => null;

    public Headers Headers => headers;

    public HostInfo Host => HostMetadataCache.Empty;
}
