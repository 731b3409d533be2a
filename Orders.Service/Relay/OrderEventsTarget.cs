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
    private readonly KafkaOptions _kafka;
    private readonly ILogger<OrderEventsTarget> _logger;
    private IProducer<string, byte[]?>? _producer;
    private volatile bool _isBroken;

    public OrderEventsTarget(IOptions<KafkaOptions> kafka, ILogger<OrderEventsTarget> logger) => (_kafka, _logger) = (kafka.Value, logger);

    public string Name => Topics.OrderEvents;

    public async Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken)
    {
        var producer = Producer();
        var wave = new Wave(events.Count);
        foreach (var e in events)
        {
            Produce(producer, e, wave);
        }

        // Not cancelled: every event's word is heard, at the latest when it has timed out in the client.
        return await wave.Answered.ConfigureAwait(false);
    }

    public void Dispose() => _producer?.Dispose();

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

    private IProducer<string, byte[]?> Build()
    {
        var config = _kafka.ApplyTo(new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 1,
            BatchSize = 512 * 1024,
            QueueBufferingMaxMessages = 200_000,

            // The largest order that ingest accepts fits with its headers.
            MessageMaxBytes = 1_048_576,
            MessageTimeoutMs = 20_000,
            SocketKeepaliveEnable = true,
        });
        return new ProducerBuilder<string, byte[]?>(config)
            .SetValueSerializer(NullableBytes.Instance)
            .SetErrorHandler((_, error) =>
            {
                _isBroken |= error.IsFatal;
                Log.TargetError(_logger, Name, error.Reason);
            })
            .SetLogHandler((_, message) => Log.TargetLog(_logger, message.Facility, message.Message))
            .Build();
    }

    private void Produce(IProducer<string, byte[]?> producer, OutboxEvent e, Wave wave)
    {
        try
        {
            producer.Produce(Topics.OrderEvents, ToMessage(e), report =>
            {
                if (report.Error.IsError)
                {
                    Log.NotConfirmed(_logger, e.Key, e.Sequence, report.Error.Reason);
                }

                wave.Answer(e, confirmed: !report.Error.IsError);
            });
        }
        catch (ProduceException<string, byte[]?> exception)
        {
            _isBroken |= exception.Error.IsFatal;
            Log.NotConfirmed(_logger, e.Key, e.Sequence, exception.Error.Reason);
            wave.Answer(e, confirmed: false);
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

    /// <summary>Collects the target's word on each event of a wave; the answers come from the client's own thread.</summary>
    private sealed class Wave(int count)
    {
        private readonly List<OutboxEvent> _confirmed = new(count);
        private readonly TaskCompletionSource<IReadOnlyList<OutboxEvent>> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _open = count;

        public Task<IReadOnlyList<OutboxEvent>> Answered => _answered.Task;

        public void Answer(OutboxEvent e, bool confirmed)
        {
            lock (_confirmed)
            {
                if (confirmed)
                {
                    _confirmed.Add(e);
                }

                if (--_open == 0)
                {
                    _answered.SetResult(_confirmed);
                }
            }
        }
    }

    /// <summary>Bytes as they are; null is a tombstone.</summary>
    private sealed class NullableBytes : ISerializer<byte[]?>
    {
        public static readonly NullableBytes Instance = new();

        public byte[]? Serialize(byte[]? data, SerializationContext context) => data;
    }
}
