using System.Text;
using Bus.Kafka.Records;
using Bus.Storage.Inbox;
using Bus.Storage.Outbox;
using Bus.Storage.Reprocessing;
using MassTransit;
using MassTransit.Context;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Decoding;
using Orders.Service.Reprocessing;
using Orders.Service.Storage;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Failures;

/// <summary>Ingest on a database of its own, without Kafka: batches come from the test, redeliveries when the test asks for them.</summary>
internal sealed class IngestUnderTest : IAsyncDisposable
{
    private const string Group = "g";
    private readonly ServiceCollection _all;
    private readonly ServiceProvider _services;
    private readonly NpgsqlDataSource _database;
    private readonly Dictionary<int, long> _positions = [];
    private readonly Dictionary<int, List<Record>> _logs = [];

    private IngestUnderTest(ServiceCollection services)
    {
        _all = services;
        _services = services.BuildServiceProvider();
        _database = _services.GetRequiredService<NpgsqlDataSource>();
    }

    public IDeadLetterReplay Replay => _services.GetRequiredService<IDeadLetterReplay>();

    /// <summary>What ingest takes from now on; of this instance alone.</summary>
    public DecodingOptions Limits => _services.GetRequiredService<IOptions<DecodingOptions>>().Value;

    public OptimisticInsert Insert => _services.GetRequiredService<OptimisticInsert>();

    public IngestPause Pause => _services.GetRequiredService<IngestPause>();

    public static async Task<IngestUnderTest> StartAsync(
        SharedPostgres postgres,
        TimeSpan? redelivery = null,
        Action<FailuresOptions>? configure = null,
        Action<DbContextOptionsBuilder>? storage = null,
        TimeProvider? time = null,
        string? connection = null)
    {
        connection ??= await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(connection);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Orders"] = connection }).Build());
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<OutboxBell>();
        services.AddStorage();
        services.ConfigureDbContext<OrdersDbContext>(options => storage?.Invoke(options));
        services.AddIngest();
        services.AddFailures();
        services.AddSingleton<ReprocessIngest>();
        services.Configure<FailuresOptions>(options =>
        {
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            (options.FirstRedelivery, options.SecondRedelivery, options.LastRedelivery) =
                (redelivery ?? TimeSpan.Zero, redelivery ?? TimeSpan.Zero, redelivery ?? TimeSpan.Zero);
        });
        services.Configure<FailuresOptions>(options => configure?.Invoke(options));
        return new IngestUnderTest(services);
    }

    public NpgsqlDataSource Database => _database;

    /// <summary>Something in the place of the consumer, behind the filter that frees partitions.</summary>
    public Task ThroughTakeoverAsync(Func<Task> consume) => _services.GetRequiredService<TakeoverFilter>().Send(
        MessageContexts.Of(Batch(0, 0, ("a", 1))), Pipe.ExecuteAsync<ConsumeContext<RecordBatch<OrderReceived>>>(_ => consume()));

    /// <summary>A second instance on the same database.</summary>
    public ServiceProvider AnotherInstance() => _all.BuildServiceProvider();

    /// <summary>From now on the database refuses every order.</summary>
    public Task RefuseAllAsync() => ExecuteAsync("ALTER TABLE orders ADD CONSTRAINT nothing CHECK (version < 0) NOT VALID");

    /// <summary>Records of one partition, as one batch through bisection and ingest.</summary>
    public Task IngestAsync(int partition, params (string Uid, int Edition)[] records) => IngestAsync(partition, MessageContexts.Of, records);

    /// <summary>The same for what is sent once its batch has failed.</summary>
    public Task IngestAgainAsync(int partition, params (string Uid, int Edition)[] records) => IngestAsync(
        partition, batch => new ConsumeContextScope<RecordBatch<OrderReceived>>(MessageContexts.Of(batch), FailedBefore.Mark), records);

    /// <summary>One batch through ingest alone: a failure of it is the caller's.</summary>
    public Task IngestAloneAsync(RecordBatch<OrderReceived> batch) =>
        _services.GetRequiredService<BatchIngest>().RunAsync(batch, mayShare: true, TestContext.Current.CancellationToken);

    public Task<bool> RehearseAsync(RecordBatch<OrderReceived> batch, bool atOnce) =>
        _services.GetRequiredService<BatchIngest>().RehearseAsync(batch, atOnce, TestContext.Current.CancellationToken);

    private async Task IngestAsync(
        int partition, Func<RecordBatch<OrderReceived>, ConsumeContext<RecordBatch<OrderReceived>>> contextOf, (string Uid, int Edition)[] records)
    {
        var first = _positions.GetValueOrDefault(partition);
        if (first == 0)
        {
            await StartPartitionAsync(partition);
        }

        var batch = Batch(partition, first, records);
        _logs[partition] = [.. _logs.GetValueOrDefault(partition) ?? [], .. batch.Records];
        await _services.GetRequiredService<BisectionFilter>().Send(contextOf(batch), new Consumer(_services.GetRequiredService<BatchIngest>()));
        _positions[partition] = batch.Next;
    }

    /// <summary>A partition nobody has read yet.</summary>
    public Task StartPartitionAsync(int partition) =>
        ExecuteAsync($"INSERT INTO watermark (group_id, topic, partition, epoch, position) VALUES ('{Group}', 'orders', {partition}, 1, 0)");

    public static RecordBatch<OrderReceived> Batch(int partition, long first, params (string Uid, int Edition)[] records) => new()
    {
        Group = Group,
        Topic = Topics.Orders,
        Partition = partition,
        Epoch = 1,
        First = first,
        Next = first + records.Length,
        Records = [.. records.Select((record, i) => new Record
        {
            Offset = first + i,
            Timestamp = 1_700_000_000_000 + (1_000 * partition) + first + i,
            Key = Encoding.UTF8.GetBytes(record.Uid),
            Value = SampleOrders.Of(record.Uid, record.Edition),
            Headers = [new RecordHeader("h", [0xFF, 0x00])],
        })],
    };

    /// <summary>From now on the record in the partition's log cannot be decoded without an exception.</summary>
    public void ThrowWhenLookedInto(int partition, int offset)
    {
        var record = _logs[partition][offset];
        _logs[partition][offset] = new Record { Offset = record.Offset, Timestamp = record.Timestamp, Key = record.Key, Value = record.Value, Headers = null! };
    }

    /// <summary>Everything of the partition once more, as one batch of a job; the job is ended before that where the test says so.</summary>
    public async Task<OutcomeCounts> ReprocessAsync(int partition, bool forced = false, bool cancelled = false)
    {
        var token = TestContext.Current.CancellationToken;
        var records = _logs[partition];
        var range = new OffsetRange(partition, 1, 0, records.Count);
        var id = await Reprocesses.StartAsync(_database, Group, Topics.Orders, forced, "op", [range], token);
        var job = await Reprocesses.FindAsync(_database, id, Topics.Orders, token);
        var batch = new RecordBatch<OrderReceived>
        {
            Group = Group, Topic = Topics.Orders, Partition = partition, Epoch = 1, First = 0, Next = records.Count, Records = records,
        };
        await using var connection = await _database.OpenConnectionAsync(token);
        try
        {
            if (cancelled)
            {
                await Reprocesses.EndAsync(_database, job!.Id, ReprocessStates.Cancelled, null, token);
            }

            await _services.GetRequiredService<ReprocessIngest>().RunAsync(connection, job!, range, batch, token);
        }
        finally
        {
            await Reprocesses.EndAsync(_database, job!.Id, ReprocessStates.Done, null, token);
        }

        return (await Reprocesses.FindAsync(_database, id, Topics.Orders, token))!.Ranges[0].Counts;
    }

    /// <summary>Redelivers until nothing is due, at most so often; returns how many heads of a line were tried.</summary>
    public async Task<int> RedeliverAsync(int most = 1_000)
    {
        var worker = _services.GetServices<IHostedService>().OfType<RedeliveryWorker>().Single();
        var tried = 0;
        while (tried < most && await worker.RunOnceAsync(TestContext.Current.CancellationToken))
        {
            tried++;
        }

        return tried;
    }

    /// <summary>From now on the database refuses edition 1 of the order, as a rule on its data.</summary>
    public Task RefuseAsync(string uid) => ExecuteAsync(
        $"ALTER TABLE orders ADD CONSTRAINT refused CHECK (order_uid <> '{uid}' OR position('\"e1\"' IN convert_from(content, 'UTF8')) = 0)");

    /// <summary>From now on a step of the application fails for the orders.</summary>
    public Task BreakAsync(params string[] uids) => ExecuteAsync($"""
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.order_uid = ANY (string_to_array('{string.Join(',', uids)}', ',')) THEN RAISE EXCEPTION 'a step is broken'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION broken();
        """);

    public Task MendAsync() => ExecuteAsync("DROP TRIGGER broken ON orders; DROP FUNCTION broken;");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>A line per row, its columns separated by blanks.</summary>
    public async Task<List<string>> LinesAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "-" : $"{reader.GetValue(column)}")));
        }

        return lines;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Consumer(BatchIngest ingest) : IPipe<ConsumeContext<RecordBatch<OrderReceived>>>
    {
        public Task Send(ConsumeContext<RecordBatch<OrderReceived>> context) => new IngestConsumer(ingest).Consume(context);

        public void Probe(ProbeContext context)
        {
        }
    }
}
