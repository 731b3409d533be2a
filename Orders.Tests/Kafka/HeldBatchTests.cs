using System.Threading.Channels;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Bus.Kafka.Watermarks;
using Microsoft.Extensions.Logging.Abstractions;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Kafka;

/// <summary>A batch that fails is held: nothing behind it is handed out, and its offset is never stored.</summary>
public sealed class HeldBatchTests
{
    private static readonly TopicEndpointOptions Options = new()
    {
        BatchRecords = 2,
        HoldFirst = TimeSpan.FromMilliseconds(1),
        HoldMost = TimeSpan.FromMilliseconds(2),
        StopPatience = TimeSpan.FromSeconds(5),
    };

    [Fact]
    public async Task A_failed_batch_comes_again_until_it_is_accounted_for_and_only_then_the_next()
    {
        var owner = new Owner();
        await using var worker = Start(owner, new Watermark(1, 10, null));
        Receive(worker, 10, 11, 12);

        Assert.Equal((10, 12), await owner.FailNextAsync(new InvalidOperationException("the database is gone")));
        Assert.Equal((10, 12), await owner.FailNextAsync(new InvalidOperationException("still gone")));
        Assert.Equal("is held at offset 10: InvalidOperationException", worker.Problem);
        Assert.Empty(owner.Stored);

        Assert.Equal((10, 12), await owner.AccountNextAsync());
        Assert.Equal((12, 13), await owner.AccountNextAsync());
        await worker.StopAsync();
        Assert.Null(worker.Problem);
        Assert.Equal([12, 13], owner.Stored);
    }

    [Fact]
    public async Task A_batch_that_does_not_adjoin_the_watermark_asks_to_join_again_and_is_not_sent_again()
    {
        var owner = new Owner();
        await using var worker = Start(owner, new Watermark(1, 10, null));
        Receive(worker, 10, 11, 12);

        Assert.Equal((10, 12), await owner.FailNextAsync(new WatermarkMismatchException(new Watermark(1, 30, null))));
        await owner.Rejoins.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await worker.StopAsync();

        Assert.False(owner.Dispatched.Reader.TryRead(out _));
        Assert.Empty(owner.Stored);
    }

    [Fact]
    public async Task Offsets_the_broker_deleted_unread_are_accounted_for_before_the_first_record()
    {
        var owner = new Owner();
        var position = new PartitionPosition(new Watermark(1, 10, null));
        position.SkipTo(50);
        await using var worker = new PartitionWorker(0, position, lost: 40, owner, Options, TimeProvider.System, NullLogger.Instance);
        Receive(worker, 50);

        Assert.Equal((10, 50), await owner.AccountNextAsync());
        Assert.Equal((50, 51), await owner.AccountNextAsync());
        await worker.StopAsync();
        Assert.Equal([50, 51], owner.Stored);
    }

    [Fact]
    public async Task The_end_of_the_log_behind_a_batch_in_flight_is_nothing_to_account_for()
    {
        var owner = new Owner();
        await using var worker = Start(owner, new Watermark(1, 10, null));
        Receive(worker, 10);
        var inFlight = await owner.Dispatched.Reader.ReadAsync(TestContext.Current.CancellationToken);

        worker.ReachEnd(11);
        Assert.False(worker.Queue.WaitAsync(CancellationToken.None).IsCompleted);
        inFlight.Done.SetResult();
        await worker.StopAsync();

        Assert.Equal([11], owner.Stored);
    }

    [Fact]
    public async Task A_stop_lets_the_batch_in_flight_end_and_takes_no_other()
    {
        var owner = new Owner();
        await using var worker = Start(owner, new Watermark(1, 10, null));
        Receive(worker, 10, 11, 12);
        var inFlight = await owner.Dispatched.Reader.ReadAsync(TestContext.Current.CancellationToken);

        var stopping = worker.StopAsync();
        Assert.False(stopping.IsCompleted);
        inFlight.Done.SetResult();
        await stopping;

        Assert.Equal([12], owner.Stored);
        Assert.False(owner.Dispatched.Reader.TryRead(out _));
    }

    private static PartitionWorker Start(Owner owner, Watermark watermark) =>
        new(partition: 0, new PartitionPosition(watermark), lost: 0, owner, Options, TimeProvider.System, NullLogger.Instance);

    private static void Receive(PartitionWorker worker, params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            worker.Receive(new Record { Offset = offset, Timestamp = offset, Size = 10 });
        }

        worker.Queue.HandOut();
    }

    /// <summary>The consumer's part, played by the test: each dispatch waits for the test's word.</summary>
    private sealed class Owner : IPartitionOwner
    {
        public Channel<Dispatch> Dispatched { get; } = Channel.CreateUnbounded<Dispatch>();

        public Channel<bool> Rejoins { get; } = Channel.CreateUnbounded<bool>();

        public List<long> Stored { get; } = [];

        public async Task<(long First, long Next)> FailNextAsync(Exception exception)
        {
            var dispatch = await Dispatched.Reader.ReadAsync(TestContext.Current.CancellationToken);
            dispatch.Done.SetException(exception);
            return (dispatch.First, dispatch.Next);
        }

        public async Task<(long First, long Next)> AccountNextAsync()
        {
            var dispatch = await Dispatched.Reader.ReadAsync(TestContext.Current.CancellationToken);
            dispatch.Done.SetResult();
            return (dispatch.First, dispatch.Next);
        }

        public Task DispatchAsync(int partition, int epoch, long first, Run run, CancellationToken cancellationToken)
        {
            var dispatch = new Dispatch(first, run.Next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            Dispatched.Writer.TryWrite(dispatch);
            return dispatch.Done.Task.WaitAsync(cancellationToken);
        }

        public void Rejoin() => Rejoins.Writer.TryWrite(true);

        public void Accounted(int partition, long next) => Stored.Add(next);
    }

    private sealed record Dispatch(long First, long Next, TaskCompletionSource Done);
}
