using Bus.Kafka.Records;
using Bus.Storage.Inbox;
using MassTransit;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;

namespace Orders.Service.Failures;

/// <summary>
/// Frees a partition whose watermark a frozen process has locked: the batch that waited for the lock in vain is tried again once the sessions
/// that hold locks and say nothing are ended.
/// </summary>
internal sealed class TakeoverFilter(NpgsqlDataSource database, IOptions<FailuresOptions> options, ILogger<TakeoverFilter> logger)
    : IFilter<ConsumeContext<RecordBatch<OrderReceived>>>
{
    public void Probe(ProbeContext context) => context.CreateFilterScope("takeover");

    public async Task Send(ConsumeContext<RecordBatch<OrderReceived>> context, IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next)
    {
        try
        {
            await next.Send(context);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            if (await StalledSessions.EndAsync(database, options.Value.StalledAfter, context.CancellationToken) is var ended and > 0)
            {
                Log.StalledSessionsEnded(logger, context.Message.Partition, ended);
            }

            throw;
        }
    }
}
