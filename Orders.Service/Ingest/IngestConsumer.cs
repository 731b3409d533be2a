using Bus.Kafka.Records;
using MassTransit;
using Orders.Contracts;
using Orders.Service.Failures;

namespace Orders.Service.Ingest;

/// <summary>Ingests a batch: when this returns, every offset of it is accounted for.</summary>
internal sealed class IngestConsumer(BatchIngest ingest) : IConsumer<RecordBatch<OrderReceived>>
{
    public Task Consume(ConsumeContext<RecordBatch<OrderReceived>> context) =>
        ingest.RunAsync(context.Message, mayShare: !context.HasPayloadType(typeof(FailedBefore)), context.CancellationToken);
}
