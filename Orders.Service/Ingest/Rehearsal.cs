using System.Text;
using Bus.Kafka.Records;
using MassTransit;
using Orders.Contracts;
using Orders.Service.Operations;

namespace Orders.Service.Ingest;

/// <summary>
/// Ingests an order of its own at start and keeps nothing of it. It proves schema and grants before the first record comes, and what
/// is slow the first time (compiled code, prepared statements) is paid here: without it the first order took 1.3 s.
/// </summary>
internal sealed class Rehearsal(BatchIngest ingest, TimeProvider time, ILogger<Rehearsal> logger) : BackgroundService, IReadinessCheck
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private volatile string? _why = "the first batch has not been rehearsed yet";

    public string Name => "ingest";

    public string? WhyNotReady() => _why;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isTold = false;
        while (_why is not null)
        {
            try
            {
                await ingest.RehearseAsync(Batch(), stoppingToken);
                _why = null;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!isTold)
                {
                    Log.RehearsalFailed(logger, exception);
                }

                isTold = true;
                _why = $"a batch could not be stored if one came: {exception.Message}";
                await Task.Delay(Again, time, stoppingToken);
            }
        }
    }

    /// <summary>An order under a uid that nobody has. No dead letter: a number it took would be missing from those that people see.</summary>
    private static RecordBatch<OrderReceived> Batch()
    {
        var uid = $"rehearsal-{NewId.NextGuid():N}";
        var order = Encoding.UTF8.GetBytes($$"""
            {"order_uid":"{{uid}}","track_number":"T","entry":"T","delivery":{"name":"T","phone":"+1","zip":"1","city":"T","address":"T",
            "region":"T","email":"t@example.com"},"payment":{"transaction":"{{uid}}","request_id":"","currency":"USD","provider":"T","amount":1,
            "payment_dt":1637907727,"bank":"T","delivery_cost":0,"goods_total":1,"custom_fee":0},"items":[],"locale":"en","internal_signature":"",
            "customer_id":"T","delivery_service":"T","shardkey":"9","sm_id":9,"date_created":"2021-11-26T06:22:19Z","oof_shard":"1"}
            """);
        return new RecordBatch<OrderReceived>
        {
            Group = uid,
            Topic = Topics.Orders,
            Partition = 0,
            Epoch = 1,
            First = 0,
            Next = 1,
            Records = [new Record { Offset = 0, Timestamp = 0, Key = Encoding.UTF8.GetBytes(uid), Value = order }],
        };
    }
}
