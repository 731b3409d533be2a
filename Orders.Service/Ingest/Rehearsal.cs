using System.Text;
using Bus.Kafka.Records;
using Bus.Storage;
using MassTransit;
using Orders.Contracts;
using Orders.Service.Operations;

namespace Orders.Service.Ingest;

/// <summary>
/// Ingests orders of its own at start and keeps nothing of them. The first one proves schema and grants before the first record comes, and what
/// is slow the first time (prepared statements, connections) is paid here: without it the first order took 1.3 s. The others go on while the
/// group is joined, until what runs per record and per batch has been compiled for speed. It also fails a few times, for a record that fails holds
/// its partition, and the first exceptions that are printed with their stack take 50 to 190 ms each (by the clock, while the service starts).
/// </summary>
internal sealed class Rehearsal(BatchIngest ingest, TimeProvider time, ILogger<Rehearsal> logger) : BackgroundService, IReadinessCheck
{
    // The runtime compiles a method for speed once it was called 30 times; of three rounds two are a single order.
    private const int Rounds = 96;

    // From the eighth on such an exception takes less than 0.1 ms.
    private const int Failures = 8;

    // One in as many is not in the plain spelling, so that the long way of decoding is compiled too.
    private const int LongWay = 8;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private volatile string? _why = "the first batch has not been rehearsed yet";

    public string Name => "ingest";

    public string? WhyNotReady() => _why;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (isTold, isParked) = (false, false);
        for (var round = 0; round < Rounds;)
        {
            try
            {
                isParked |= await ingest.RehearseAsync(
                    Batch(round % 3 == 2 ? CopyRows.Worthwhile : 1), atOnce: round % 3 == 1 && !isParked, stoppingToken);
                _why = null;
                if (round++ < Failures)
                {
                    await FailAsync();
                }
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

    /// <summary>Throws as a step of ingest would, behind an await, and prints it as the log would.</summary>
    private static async Task FailAsync()
    {
        try
        {
            await ThrowAsync();
        }
        catch (InvalidOperationException exception)
        {
            _ = exception.ToString();
        }

        static async Task ThrowAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("Rehearsed.");
        }
    }

    /// <summary>Orders under uids that nobody has. No dead letter: a number it took would be missing from those that people see.</summary>
    private static RecordBatch<OrderReceived> Batch(int orders)
    {
        var name = $"rehearsal-{NewId.NextGuid():N}";
        return new RecordBatch<OrderReceived>
        {
            Group = name,
            Topic = name,
            Partition = 0,
            Epoch = 1,
            First = 0,
            Next = orders,
            Records = [.. Enumerable.Range(0, orders).Select(offset => Order($"{name}-{offset}", offset))],
        };
    }

    private static Record Order(string uid, int offset) => new()
    {
        Offset = offset,
        Timestamp = 0,
        Key = Encoding.UTF8.GetBytes(uid),
        Value = Encoding.UTF8.GetBytes($$"""
            { {{(offset % LongWay == LongWay - 1 ? "\"note\":\"T\"," : "")}}
            "order_uid":"{{uid}}","track_number":"T","entry":"T","delivery":{"name":"T","phone":"+1","zip":"1","city":"T","address":"T",
            "region":"T","email":"t@example.com"},"payment":{"transaction":"{{uid}}","request_id":"","currency":"USD","provider":"T","amount":1,
            "payment_dt":1637907727,"bank":"T","delivery_cost":0,"goods_total":1,"custom_fee":0},"items":[{"chrt_id":1,"track_number":"T","price":1,
            "rid":"T","name":"T","sale":0,"size":"0","total_price":1,"nm_id":1,"brand":"T","status":202}],"locale":"en","internal_signature":"",
            "customer_id":"T","delivery_service":"T","shardkey":"9","sm_id":9,"date_created":"2021-11-26T06:22:19Z","oof_shard":"1"}
            """),
    };
}
