using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using MassTransit;
using MassTransit.Context;
using Microsoft.Extensions.Options;
using Orders.Contracts;

namespace Orders.Service.Failures;

/// <summary>
/// Finds the one record that a batch fails for: splits it, left half first, each part its own transaction, until the record is alone. Alone
/// it is kept aside and its neighbours are stored. Failures of the world pass through; what was committed before them is not sent again. A batch that
/// failed once shares no transaction any more: what shares one fails with it.
/// </summary>
internal sealed class BisectionFilter(
    IFailedRecords failed, IOptions<FailuresOptions> options, TimeProvider time, ILogger<BisectionFilter> logger)
    : IFilter<ConsumeContext<RecordBatch<OrderReceived>>>
{
    public void Probe(ProbeContext context) => context.CreateFilterScope("bisection");

    public async Task Send(ConsumeContext<RecordBatch<OrderReceived>> context, IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next)
    {
        var parts = new Stack<RecordBatch<OrderReceived>>([context.Message]);
        while (parts.TryPop(out var part))
        {
            try
            {
                await (part == context.Message ? next.Send(context) : SendAgainAsync(context, next, part));
            }
            catch (WatermarkMismatchException mismatch) when (BatchParts.TryBehind(part, mismatch.Watermark, out var rest))
            {
                Log.PartWasCommitted(logger, part.Partition, part.First, part.Next, mismatch.Watermark!.Position);
                if (rest is not null)
                {
                    parts.Push(rest);
                }
            }
            catch (Exception exception) when (part.Records.Count > 0 && FailurePolicy.IsOfOneRecord(exception))
            {
                if (part.Records.Count == 1)
                {
                    await FinishAloneAsync(context, next, part, exception);
                }
                else
                {
                    Log.Split(logger, exception, part.Partition, part.First, part.Next);
                    var (left, right) = BatchParts.Split(part);
                    parts.Push(right);
                    parts.Push(left);
                }
            }
        }
    }

    /// <summary>Returns when the record is accounted for, stored or kept aside.</summary>
    private async Task FinishAloneAsync(
        ConsumeContext<RecordBatch<OrderReceived>> context,
        IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next,
        RecordBatch<OrderReceived> part,
        Exception exception)
    {
        var delay = options.Value.RetryDelay;
        for (var retry = 0; retry < options.Value.Retries && FailurePolicy.ClassOf(exception) == FailureClass.Other; retry++)
        {
            await Task.Delay(delay, time, context.CancellationToken);
            delay *= 2;
            try
            {
                await SendAgainAsync(context, next, part);
                return;
            }
            catch (Exception again) when (FailurePolicy.IsOfOneRecord(again))
            {
                exception = again;
            }
        }

        await failed.KeepAsync(part, exception, context.CancellationToken);
    }

    private static Task SendAgainAsync(
        ConsumeContext<RecordBatch<OrderReceived>> context,
        IPipe<ConsumeContext<RecordBatch<OrderReceived>>> next,
        RecordBatch<OrderReceived> part) =>
        next.Send(new ConsumeContextScope<RecordBatch<OrderReceived>>(
            new MessageConsumeContext<RecordBatch<OrderReceived>>(context, part), FailedBefore.Mark));
}

/// <summary>The payload of what is sent once its batch has failed.</summary>
internal sealed class FailedBefore
{
    /// <summary>It says all by being there.</summary>
    public static readonly FailedBefore Mark = new();
}

/// <summary>Where a record goes that fails alone.</summary>
internal interface IFailedRecords
{
    /// <summary>Accounts for a batch of one record without storing what it holds.</summary>
    Task KeepAsync(RecordBatch<OrderReceived> alone, Exception exception, CancellationToken cancellationToken);
}
