using Bus.Kafka.Clients;
using Bus.Kafka.Ranges;
using Bus.Storage.Reprocessing;
using Confluent.Kafka;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Ingest;

namespace Orders.Service.Reprocessing;

/// <summary>What a start came to: a job's number, or why there is none.</summary>
internal enum ReprocessRefusal
{
    None,

    /// <summary>The range cannot be done.</summary>
    Range,

    /// <summary>Another one runs.</summary>
    Running,

    /// <summary>The brokers do not answer.</summary>
    Kafka,
}

/// <summary>Checks a range against log and watermark and enters the job; some instance's <see cref="ReprocessWorker"/> takes it up.</summary>
internal sealed class ReprocessStart(
    NpgsqlDataSource database,
    ReprocessWorker worker,
    IOptions<KafkaOptions> kafka,
    IOptions<IngestOptions> ingest,
    TimeProvider time,
    ILogger<ReprocessStart> logger)
{
    public async Task<(long? Id, ReprocessRefusal Refusal, string Sentence)> StartAsync(
        OffsetBound from, OffsetBound to, int? partition, bool forced, string actor, CancellationToken cancellationToken)
    {
        var group = ingest.Value.Group;
        var watermarks = await Reprocesses.WatermarksAsync(database, group, Topics.Orders, cancellationToken);
        if (partition is { } wanted && !watermarks.ContainsKey(wanted))
        {
            return (null, ReprocessRefusal.Range, $"Partition {wanted} of {Topics.Orders} was never ingested by group {group}.");
        }

        IReadOnlyList<OffsetRange> ranges;
        try
        {
            var partitions = await Task.Run(() => Look(from, to, watermarks, partition), cancellationToken);
            (ranges, var refusal) = ReprocessPlan.Of(from, to, partitions);
            if (refusal is not null)
            {
                return (null, ReprocessRefusal.Range, refusal);
            }
        }
        catch (KafkaException silent)
        {
            return (null, ReprocessRefusal.Kafka, $"Kafka does not answer: {silent.Error.Reason}. Nothing was started.");
        }

        var id = await Reprocesses.StartAsync(database, group, Topics.Orders, forced, actor, ranges, cancellationToken);
        if (id is null)
        {
            return (null, ReprocessRefusal.Running, "A range is being reprocessed already; wait for its end, or cancel it.");
        }

        Log.Started(logger, id.Value, actor, forced, ranges.Sum(range => range.Next - range.First));
        worker.Wake();
        return (id, ReprocessRefusal.None, "");
    }

    private List<PlannedPartition> Look(OffsetBound from, OffsetBound to, Dictionary<int, (int Epoch, long Position)> watermarks, int? only)
    {
        using var reader = new RangeReader(Topics.Orders, ingest.Value.Group, kafka.Value, time);
        var partitions = new List<PlannedPartition>();
        foreach (var (number, watermark) in watermarks.Where(watermark => only is null || watermark.Key == only))
        {
            partitions.Add(new PlannedPartition(
                number,
                watermark.Epoch,
                watermark.Position,
                reader.BoundsOf(number).Low,
                from.Time is { } first ? reader.OffsetAt(number, first) : null,
                to.Time is { } last ? reader.OffsetAt(number, last) : null));
        }

        return partitions;
    }
}
