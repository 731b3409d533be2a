using System.Globalization;
using System.Text;
using Bus.Kafka.Clients;
using Bus.Storage.Relay;
using Confluent.Kafka;
using Microsoft.Extensions.Options;
using Orders.Contracts;

namespace Orders.Service.Relay;

/// <summary>The topic <c>order-events</c> as a target: each event a CloudEvents 1.0 message in binary mode, confirmed by all in-sync replicas.</summary>
internal sealed class OrderEventsTarget : IRelayTarget, IDisposable
{
    private static readonly byte[] SpecVersion = "1.0"u8.ToArray();
    private static readonly byte[] Source = "/orders"u8.ToArray();
    private static readonly byte[] Json = "application/json"u8.ToArray();
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeetWait = TimeSpan.FromMilliseconds(200);
    private readonly KafkaOptions _kafka;
    private readonly ILogger<OrderEventsTarget> _logger;
    private readonly Lock _gate = new();
    private IProducer<string, byte[]?>? _producer;
    private volatile bool _isBroken;
    private volatile bool _isDisposed;

    public OrderEventsTarget(IOptions<KafkaOptions> kafka, ILogger<OrderEventsTarget> logger) => (_kafka, _logger) = (kafka.Value, logger);

    public string Name => Topics.OrderEvents;

    /// <summary>
    /// Every event's word is heard, at the latest when it has timed out in the client. Only a stop does not wait that long for brokers that are
    /// silent: what they took all the same is sent again.
    /// </summary>
    public async Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken) =>
        await Task.Run(() => Send(events, cancellationToken), CancellationToken.None).ConfigureAwait(false);

    /// <summary>Waits for a send that the host has not waited for: the client must not be freed under it.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        lock (_gate)
        {
            _producer?.Dispose();
        }
    }

    /// <summary>An idempotent producer that met a fatal error takes nothing any more; another one starts over.</summary>
    private IProducer<string, byte[]?> Producer()
    {
        if (_isBroken)
        {
            _producer?.Dispose();
            _producer = null;
            _isBroken = false;
        }

        return _producer ??= Build();
    }

    /// <summary>
    /// What is sent to a topic that the client has not met waits until it looks around, once a second (librdkafka 2.0), unless it is asked. For a short
    /// time only, because the admin client keeps a processor busy while it waits (Confluent.Kafka 1.9); brokers that do not answer are told of by the
    /// sends themselves.
    /// </summary>
    private static void Meet(IProducer<string, byte[]?> producer)
    {
        using var admin = new DependentAdminClientBuilder(producer.Handle).Build();
        try
        {
            admin.GetMetadata(Topics.OrderEvents, MeetWait);
        }
        catch (KafkaException)
        {
            // They may be there a moment later.
        }
    }

    private IProducer<string, byte[]?> Build()
    {
        var config = _kafka.ApplyTo(new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            Partitioner = Partitioner.Murmur2Random,

            // The flush at the end of a wave sends it. A shorter time would make the client's thread spin: it waits for the last
            // millisecond of it, and for an answer with more to send behind it, by asking again and again (librdkafka 2.0).
            LingerMs = 1_000,
            EnableBackgroundPoll = false,

            // A confirmation tells no more than that: key, value and headers would be copied back for every event.
            DeliveryReportFields = "none",
            BatchSize = 1_000_000,
            QueueBufferingMaxMessages = 200_000,

            // The largest order that ingest accepts fits with its headers.
            MessageMaxBytes = 1_048_576,
            MessageTimeoutMs = 20_000,
            SocketKeepaliveEnable = true,
        });
        var producer = new ProducerBuilder<string, byte[]?>(config)
            .SetValueSerializer(NullableBytes.Instance)
            .SetErrorHandler((_, error) =>
            {
                _isBroken |= error.IsFatal;
                Log.TargetError(_logger, Name, error.Reason);
            })
            .SetLogHandler((_, message) => Log.TargetLog(_logger, message.Facility, message.Message))
            .Build();
        Meet(producer);
        return producer;
    }

    /// <summary>One request per partition and wave, as a rule. The answers come on this thread, while it flushes.</summary>
    private List<OutboxEvent> Send(IReadOnlyList<OutboxEvent> events, CancellationToken stopping)
    {
        var confirmed = new List<OutboxEvent>(events.Count);
        lock (_gate)
        {
            if (_isDisposed)
            {
                return confirmed;
            }

            var producer = Producer();
            foreach (var e in events)
            {
                Produce(producer, e, confirmed);
            }

            while (producer.Flush(Look) > 0)
            {
                if (_isDisposed || stopping.IsCancellationRequested)
                {
                    _isBroken = true;
                    break;
                }
            }
        }

        return confirmed;
    }

    private void Produce(IProducer<string, byte[]?> producer, OutboxEvent e, List<OutboxEvent> confirmed)
    {
        try
        {
            producer.Produce(Topics.OrderEvents, ToMessage(e), report =>
            {
                if (report.Error.IsError)
                {
                    Log.NotConfirmed(_logger, e.Key, e.Sequence, report.Error.Reason);
                }
                else
                {
                    confirmed.Add(e);
                }
            });
        }
        catch (ProduceException<string, byte[]?> exception)
        {
            _isBroken |= exception.Error.IsFatal;
            Log.NotConfirmed(_logger, e.Key, e.Sequence, exception.Error.Reason);
        }
    }

    private static Message<string, byte[]?> ToMessage(OutboxEvent e)
    {
        var sequence = e.Sequence.ToString(CultureInfo.InvariantCulture);
        var headers = new Headers
        {
            { CloudEventHeaders.SpecVersion, SpecVersion },
            { CloudEventHeaders.Id, Utf8($"{e.Key}:{sequence}") },
            { CloudEventHeaders.Type, Utf8(e.Type) },
            { CloudEventHeaders.Source, Source },
            { CloudEventHeaders.Subject, Utf8(e.Key) },
            { CloudEventHeaders.Time, Utf8(e.OccurredAt.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)) },
            { CloudEventHeaders.Sequence, Utf8(sequence) },
        };
        if (e.Payload is not null)
        {
            headers.Add(CloudEventHeaders.ContentType, Json);
        }

        if (e.TraceParent is not null)
        {
            headers.Add(CloudEventHeaders.TraceParent, Utf8(e.TraceParent));
        }

        return new Message<string, byte[]?> { Key = e.Key, Value = e.Payload, Headers = headers };
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Bytes as they are; null is a tombstone.</summary>
    private sealed class NullableBytes : ISerializer<byte[]?>
    {
        public static readonly NullableBytes Instance = new();

        public byte[]? Serialize(byte[]? data, SerializationContext context) => data;
    }
}
