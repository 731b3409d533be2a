using Bus.Kafka.Clients;
using Bus.Kafka.Ranges;
using Bus.Kafka.Records;
using Bus.Storage.Reprocessing;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest;

namespace Orders.Service.Reprocessing;

/// <summary>
/// Does the jobs that are entered, one at a time and in one instance at a time; a job whose instance dies is taken up by the next that looks,
/// where it stopped. Neither a pause nor the gate holds it: it is asked for by name. After a process ended over a batch its records go one by one; one
/// that a process ended over too often is kept as a dead letter.
/// </summary>
internal sealed class ReprocessWorker(
    NpgsqlDataSource database,
    ReprocessIngest ingest,
    CrashCount crashes,
    IOptions<KafkaOptions> kafka,
    IOptions<IngestOptions> options,
    IOptions<FailuresOptions> failures,
    TimeProvider time,
    ILogger<ReprocessWorker> logger)
    : BackgroundService
{
    /// <summary>Any number, the same in every instance: whoever holds this advisory lock does the job.</summary>
    private const long JobLock = 0x0B05_5EED_0002;

    // Advisory locks belong to the whole database; another installation in another schema of it has jobs of its own.
    private const string AcquireSql = "SELECT pg_try_advisory_lock(hashtextextended(current_schema(), $1))";

    /// <summary>How often is looked for a job that another instance left behind, and the wait after a failure of the world.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _woken = new(0, 1);
    private volatile string? _trouble;

    /// <summary>Why this instance does not get on with the job right now; null while it does, or has none.</summary>
    public string? Trouble => _trouble;

    /// <summary>Looks for a job at once.</summary>
    public void Wake()
    {
        lock (_woken)
        {
            if (_woken.CurrentCount == 0)
            {
                _woken.Release();
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _woken.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                _trouble = null;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (_trouble is null)
                {
                    Log.Waits(logger, exception);
                }

                _trouble = $"{exception.GetType().Name}: {exception.Message}";
            }

            await _woken.WaitAsync(Interval, stoppingToken);
        }
    }

    /// <summary>Does the job that runs, if there is one and nobody else does it.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (await Reprocesses.FindAsync(database, id: null, Topics.Orders, cancellationToken) is null)
        {
            return;
        }

        // The right to do it lives as long as the connection the work is done on: whoever loses one loses both.
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await AcquireAsync(connection, cancellationToken))
        {
            return;
        }

        try
        {
            if (await Reprocesses.FindAsync(database, id: null, Topics.Orders, cancellationToken) is { } job)
            {
                await RunAsync(connection, job, cancellationToken);
            }
        }
        finally
        {
            await ReleaseAsync(connection);
        }
    }

    private async Task RunAsync(NpgsqlConnection connection, ReprocessJob job, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new RangeReader(job.Topic, job.Group, kafka.Value, time);
            foreach (var range in job.Ranges.Where(range => range.Position < range.Range.Next))
            {
                await RunAsync(connection, job, range, reader, cancellationToken);
            }

            await EndAsync(job, ReprocessStates.Done, null, cancellationToken);
        }
        catch (ReprocessEndedException ended)
        {
            await EndAsync(job, ended.Problem is null ? ReprocessStates.Cancelled : ReprocessStates.Failed, ended.Problem, cancellationToken);
        }
        catch (RangeGoneException gone)
        {
            await EndAsync(job, ReprocessStates.Failed, gone.Message, cancellationToken);
        }
    }

    private async Task RunAsync(NpgsqlConnection connection, ReprocessJob job, ReprocessRange range, RangeReader reader, CancellationToken cancellationToken)
    {
        var (reading, whole) = (options.Value.Reading, range.Range);
        var work = Reprocesses.WorkOf(job.Id, whole.Partition);
        try
        {
            reader.Seek(whole.Partition, range.Position);
            for (var first = range.Position; first < whole.Next;)
            {
                var (records, next) = reader.Read(whole.Next, reading.BatchRecords, reading.BatchBytes, cancellationToken);
                var batch = Batch(job, whole, first, next, records);

                // What is looked into from here on, and no more: a process that ends while this one waits for Kafka has not ended over it.
                var ended = records.Count > 0 ? await crashes.BeginAsync(work, whole.Epoch, first, cancellationToken) : 0;
                await (ended > 0
                    ? OneByOneAsync(connection, job, whole, batch, ended, cancellationToken)
                    : AccountAsync(connection, job, whole, batch, cancellationToken));
                (first, _trouble) = (next, null);
            }

            await crashes.EndAsync(work, cancellationToken);
        }
        catch (Exception)
        {
            await crashes.WithdrawAsync(work);
            throw;
        }
    }

    /// <summary>
    /// The batch that a process ended over. Each record moves the job's position, so one that it ended over again is the first one the next time, and
    /// alone from the second time on.
    /// </summary>
    private async Task OneByOneAsync(
        NpgsqlConnection connection, ReprocessJob job, OffsetRange range, RecordBatch<OrderReceived> batch, int ended, CancellationToken cancellationToken)
    {
        Log.OneByOne(logger, job.Id, batch.Partition, batch.First, batch.Next);
        var (alone, rest) = BatchParts.TakeFirst(batch);
        if (ended > failures.Value.UncleanStarts)
        {
            Log.Suspected(logger, job.Id, alone.Partition, alone.Records[0].Offset, ended);
            await ReprocessIngest.KeepAsync(connection, job, alone, FailureText.Suspected, cancellationToken);
        }
        else
        {
            await AccountAsync(connection, job, range, alone, cancellationToken);
        }

        while (rest is not null)
        {
            (alone, rest) = BatchParts.TakeFirst(rest);
            await AccountAsync(connection, job, range, alone, cancellationToken);
        }
    }

    /// <summary>As ingest does: a batch that fails for one record is split until the record is alone, and that one is kept.</summary>
    private async Task AccountAsync(
        NpgsqlConnection connection, ReprocessJob job, OffsetRange range, RecordBatch<OrderReceived> batch, CancellationToken cancellationToken)
    {
        var parts = new Stack<RecordBatch<OrderReceived>>([batch]);
        while (parts.TryPop(out var part))
        {
            try
            {
                await ingest.RunAsync(connection, job, range, part, cancellationToken);
            }
            catch (Exception exception) when (part.Records.Count > 0 && exception is not ReprocessEndedException && FailurePolicy.IsOfOneRecord(exception))
            {
                if (part.Records.Count == 1)
                {
                    await ReprocessIngest.KeepAsync(connection, job, part, FailureText.Of(exception), cancellationToken);
                    continue;
                }

                var (left, right) = BatchParts.Split(part);
                parts.Push(right);
                parts.Push(left);
            }
        }
    }

    private static RecordBatch<OrderReceived> Batch(ReprocessJob job, OffsetRange range, long first, long next, IReadOnlyList<Record> records) => new()
    {
        Group = job.Group,
        Topic = job.Topic,
        Partition = range.Partition,
        Epoch = range.Epoch,
        First = first,
        Next = next,
        Records = records,
    };

    private async Task EndAsync(ReprocessJob job, string state, string? problem, CancellationToken cancellationToken)
    {
        await Reprocesses.EndAsync(database, job.Id, state, problem, cancellationToken);
        Log.Ended(logger, job.Id, state, problem);
    }

    private static async Task<bool> AcquireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var acquire = new NpgsqlCommand(AcquireSql, connection) { Parameters = { new() { Value = JobLock } } };
        return (bool)(await acquire.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The connection goes back to the pool, where it would keep the right for whoever rents it next.</summary>
    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The connection is broken, and the right went with it.
        }
    }
}
