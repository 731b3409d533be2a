using Bus.Kafka.Records;
using Bus.Storage.Inbox;
using Bus.Storage.Starts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Orders.Contracts;
using Orders.Service.Failures;
using Orders.Service.Ingest;
using Orders.Tests.Caching;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Failures;

/// <summary>A process that ends while it works on a batch: after a few such starts the record it ends with is found.</summary>
[Trait("Category", "system")]
public sealed class CrashGuardTests(SharedPostgres postgres)
{
    private const string Deadly = "deadly";
    private const string Letters = "SELECT record_offset, state, reason FROM dead_letter ORDER BY record_offset";
    private const string Orders = "SELECT order_uid FROM orders ORDER BY order_uid";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_the_process_ends_with_each_time_becomes_a_dead_letter_and_its_neighbours_are_stored()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, ("a", 1), (Deadly, 1), ("b", 1), ("c", 1));
        for (var crash = 1; crash <= 3; crash++)
        {
            Assert.Equal([4], await LifeAsync(ingest, batch));
        }

        Assert.Equal([1, 1], await LifeAsync(ingest, batch));
        Assert.Equal(["a"], await ingest.LinesAsync(Orders));
        Assert.Equal(["1"], await ingest.LinesAsync("SELECT alone_offset FROM partition_start"));

        var rest = IngestUnderTest.Batch(0, 1, (Deadly, 1), ("b", 1), ("c", 1));
        Assert.Equal([1], await LifeAsync(ingest, rest));
        Assert.Equal([1, 1], await LifeAsync(ingest, rest));
        Assert.Equal(["a", "b", "c"], await ingest.LinesAsync(Orders));
        Assert.Equal(["1 dead crash_suspect"], await ingest.LinesAsync(Letters));
        Assert.Equal(SampleOrders.Of(Deadly), await ingest.QueryAsync<byte[]>("SELECT value FROM dead_letter"));
        Assert.Equal(["0 4 3 1"], await ingest.LinesAsync("SELECT min(first_offset), max(next_offset), sum(stored), sum(dead) FROM inbox"));
        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM parking"));
    }

    [Fact]
    public async Task One_deadly_record_behind_another_costs_two_more_starts_each()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, (Deadly, 1), (Deadly, 2), ("a", 1));

        Assert.Equal([3], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));
        var rest = IngestUnderTest.Batch(0, 1, (Deadly, 2), ("a", 1));
        Assert.Equal([1], await LifeAsync(ingest, rest));
        Assert.Equal([1], await LifeAsync(ingest, rest));

        Assert.Equal(["0 dead crash_suspect", "1 dead crash_suspect"], await ingest.LinesAsync(Letters));
        Assert.Equal(["a"], await ingest.LinesAsync(Orders));
    }

    [Fact]
    public async Task A_stop_in_order_and_a_start_that_got_on_are_no_crashes()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, ("a", 1), (Deadly, 1));
        for (var stop = 0; stop < 3; stop++)
        {
            Assert.Equal([2], await LifeAsync(ingest, batch, stopsInOrder: true));
        }

        Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM partition_start"));
        Assert.Equal([2], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, IngestUnderTest.Batch(0, 0, ("a", 1)), stopsInOrder: true));
        Assert.Equal([2], await LifeAsync(ingest, IngestUnderTest.Batch(0, 1, (Deadly, 1), ("b", 1))));
        Assert.Empty(await ingest.LinesAsync(Letters));
    }

    [Fact]
    public async Task A_mark_that_is_found_once_may_have_been_left_by_an_outage_and_a_stop_and_makes_nobody_suspect()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, ("a", 1), ("b", 1));
        var (partition, owner) = (new InboxPartition(batch.Group, batch.Topic, 0), Guid.NewGuid());
        await PartitionStarts.AnnounceAsync(ingest.Database, partition, batch.Epoch, 0, owner, Token);
        await PartitionStarts.MarkAloneAsync(ingest.Database, partition, owner, position: 0, offset: 0, starts: 1, Token);
        for (var start = 0; start < 3; start++)
        {
            // None of them got so far as to work on it: another partition's record may have ended it before.
            await PartitionStarts.AnnounceAsync(ingest.Database, partition, batch.Epoch, 0, Guid.NewGuid(), Token);
        }

        await LifeAsync(ingest, batch);

        Assert.Equal(["a", "b"], await ingest.LinesAsync(Orders));
        Assert.Empty(await ingest.LinesAsync(Letters));
    }

    [Fact]
    public async Task One_behind_a_hole_in_the_log_is_found_too()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        var whole = IngestUnderTest.Batch(0, 1, (Deadly, 1), ("a", 1));
        var batch = new RecordBatch<OrderReceived>
        {
            Group = whole.Group, Topic = whole.Topic, Partition = 0, Epoch = whole.Epoch, First = 0, Next = whole.Next, Records = whole.Records,
        };

        Assert.Equal([2], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));
        Assert.Equal([1], await LifeAsync(ingest, batch));

        Assert.Equal(["1 dead crash_suspect"], await ingest.LinesAsync(Letters));
        Assert.Equal(["a"], await ingest.LinesAsync(Orders));
    }

    [Fact]
    public async Task One_that_fails_before_it_ends_the_process_in_each_life_is_found_too()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        var batch = IngestUnderTest.Batch(0, 0, (Deadly, 1));
        await LifeAsync(ingest, batch);
        for (var life = 0; life < 2; life++)
        {
            await using var instance = ingest.AnotherInstance();
            var process = new Process(instance) { FailsFirst = true };
            await Assert.ThrowsAsync<InvalidOperationException>(() => process.SendAsync(batch));
            _ = process.SendAsync(batch);
            await process.Ended.Task.WaitAsync(Token);
        }

        await LifeAsync(ingest, batch);

        Assert.Equal(["0 dead crash_suspect"], await ingest.LinesAsync(Letters));
    }

    [Fact]
    public async Task A_partition_that_has_gone_quiet_makes_nobody_wait_for_a_turn_any_more()
    {
        var time = new ManualTime();
        time.Advance(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) - time.GetUtcNow());
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1, time: time);
        foreach (var partition in new[] { 0, 1, 2, 3 })
        {
            await ingest.StartPartitionAsync(partition);
        }

        await LifeAsync(ingest, IngestUnderTest.Batch(0, 0, (Deadly, 1)));
        await using var instance = ingest.AnotherInstance();
        await new Process(instance).SendAsync(IngestUnderTest.Batch(0, 0, ("a", 1)));
        for (var second = 0; second < CrashGuard.QuietAfter / CrashGuard.QuietStep; second++)
        {
            Assert.True(IsInTurn(), $"after {second} s");

            // However long nothing went through, an hour of an outage too, it counts as one step.
            time.Advance(TimeSpan.FromHours(1));
            await new Process(instance).SendAsync(IngestUnderTest.Batch(3, second, ($"other-{second}", 1)));
        }

        time.Advance(CrashGuard.QuietStep);
        await new Process(instance).SendAsync(IngestUnderTest.Batch(3, (long)(CrashGuard.QuietAfter / CrashGuard.QuietStep), ("last", 1)));
        Assert.False(IsInTurn());
        var working = new Process(instance);
        var held = working.SendAsync(IngestUnderTest.Batch(1, 0, (Deadly, 2)));
        await working.Ended.Task.WaitAsync(Token);
        await new Process(instance).SendAsync(IngestUnderTest.Batch(2, 0, ("b", 1))).WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.False(held.IsCompleted);
        working.GoOn.SetResult();
        await held;

        bool IsInTurn() => instance.GetRequiredService<CrashGuard>().TakesTurns;
    }

    [Fact]
    public async Task While_a_record_is_alone_no_other_partition_is_worked_on()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        await ingest.StartPartitionAsync(1);
        var batch = IngestUnderTest.Batch(0, 0, (Deadly, 1));
        await LifeAsync(ingest, batch);

        await using var instance = ingest.AnotherInstance();
        var (alone, other) = (new Process(instance), new Process(instance));
        var held = alone.SendAsync(batch);
        await alone.Ended.Task.WaitAsync(Token);
        var waiting = other.SendAsync(IngestUnderTest.Batch(1, 0, ("a", 1)));
        await Eventually.SeeAsync(() => ingest.QueryAsync<long>("SELECT count(*) FROM partition_start WHERE partition = 1"), announced => announced == 1);
        for (var statement = 0; statement < 100; statement++)
        {
            // As long as a hundred of what the other would wait for before it is dispatched.
            Assert.Equal(1, await ingest.QueryAsync<long>("SELECT count(*) FROM partition_start WHERE partition = 1"));
        }

        Assert.Empty(other.Dispatched);

        alone.GoOn.SetResult();
        await Task.WhenAll(held, waiting);
        Assert.Equal(["a", Deadly], await ingest.LinesAsync(Orders));
    }

    [Fact]
    public async Task No_record_is_marked_as_alone_while_a_batch_of_another_partition_is_still_under_way()
    {
        await using var ingest = await IngestUnderTest.StartAsync(postgres, configure: options => options.UncleanStarts = 1);
        await ingest.StartPartitionAsync(0);
        await ingest.StartPartitionAsync(1);
        await LifeAsync(ingest, IngestUnderTest.Batch(1, 0, (Deadly, 1)));

        await using var instance = ingest.AnotherInstance();
        var (underWay, alone) = (new Process(instance), new Process(instance));
        var held = underWay.SendAsync(IngestUnderTest.Batch(0, 0, (Deadly, 2)));
        await underWay.Ended.Task.WaitAsync(Token);
        var waiting = alone.SendAsync(IngestUnderTest.Batch(1, 0, ("a", 1)));
        await Eventually.SeeAsync(
            () => ingest.QueryAsync<long>("SELECT count(*) FROM partition_start WHERE partition = 1 AND starts = 2"), announced => announced == 1);

        // Long enough, in the way of time that counts here: a mark is one statement.
        for (var statement = 0; statement < 100; statement++)
        {
            Assert.Equal(0, await ingest.QueryAsync<long>("SELECT count(*) FROM partition_start WHERE alone_offset IS NOT NULL"));
        }

        Assert.Empty(alone.Dispatched);

        underWay.GoOn.SetResult();
        await Task.WhenAll(held, waiting);
        Assert.Equal(["a", Deadly], await ingest.LinesAsync(Orders));
    }

    /// <summary>One life of the service with one batch; returns the sizes of what was dispatched until it ended.</summary>
    private static async Task<List<int>> LifeAsync(IngestUnderTest ingest, RecordBatch<OrderReceived> batch, bool stopsInOrder = false)
    {
        await using var instance = ingest.AnotherInstance();
        var process = new Process(instance);
        var sent = process.SendAsync(batch);
        if (await Task.WhenAny(sent, process.Ended.Task) == sent)
        {
            await sent;
        }

        if (stopsInOrder)
        {
            await instance.GetRequiredService<CrashGuard>().ReleaseAsync(batch.Group, batch.Topic, [batch.Partition], Token);
        }

        return process.Dispatched;
    }

    /// <summary>Guard, bisection and ingest of one process; at the deadly record it does nothing any more, as one that was killed.</summary>
    private sealed class Process(ServiceProvider instance) : IPipe<ConsumeContext<RecordBatch<OrderReceived>>>
    {
        public TaskCompletionSource Ended { get; } = new();

        public TaskCompletionSource GoOn { get; } = new();

        public List<int> Dispatched { get; } = [];

        public bool FailsFirst { get; set; }

        public Task SendAsync(RecordBatch<OrderReceived> batch) =>
            instance.GetRequiredService<CrashGuard>().Send(MessageContexts.Of(batch), this);

        public async Task Send(ConsumeContext<RecordBatch<OrderReceived>> context)
        {
            Dispatched.Add(context.Message.Records.Count);
            if (context.Message.Records.Any(record => record.Key.AsSpan().SequenceEqual("deadly"u8)))
            {
                if (FailsFirst)
                {
                    FailsFirst = false;
                    throw new InvalidOperationException("It fails first.");
                }

                Ended.SetResult();
                await GoOn.Task;
            }

            await instance.GetRequiredService<BatchIngest>().RunAsync(context.Message, mayShare: true, Token);
        }

        public void Probe(ProbeContext context)
        {
        }
    }
}
