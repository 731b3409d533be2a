using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Kafka;

/// <summary>Every offset that was received is handed out once, in order, in runs within the limits; the reader is woken for each.</summary>
public sealed class RecordQueueTests : IDisposable
{
    private readonly List<RecordQueue> _queues = [];

    public void Dispose() => _queues.ForEach(queue => queue.Dispose());

    [Fact]
    public void A_run_ends_at_the_limit_of_records()
    {
        var queue = Queue(batchRecords: 3, 10, 11, 12, 13);

        var run = queue.Cut(position: 10);

        Assert.Equal([10, 11, 12], run.Records.Select(record => record.Offset));
        Assert.Equal(13, run.Next);
    }

    [Fact]
    public void A_run_ends_before_the_limit_of_bytes_but_a_record_above_it_goes_alone()
    {
        var queue = Queue(batchRecords: 10);
        queue.Enqueue(new Record { Offset = 10, Timestamp = 0, Size = 400 });
        queue.Enqueue(new Record { Offset = 11, Timestamp = 0, Size = 90 });
        queue.Enqueue(new Record { Offset = 12, Timestamp = 0, Size = 20 });

        Assert.Equal([10], queue.Cut(10).Records.Select(record => record.Offset));
        Assert.Equal([11], queue.Cut(11).Records.Select(record => record.Offset));
        Assert.Equal([12], queue.Cut(12).Records.Select(record => record.Offset));
    }

    [Fact]
    public void The_end_of_the_log_accounts_for_trailing_offsets_without_a_record_only_after_the_last_record()
    {
        var queue = Queue(batchRecords: 1, 10, 11);
        queue.ReachEnd(15);

        Assert.Equal(11, queue.Cut(10).Next);
        Assert.Equal(15, queue.Cut(11).Next);
    }

    [Fact]
    public void A_full_queue_has_room_again_when_half_of_it_is_gone()
    {
        var queue = Queue(batchRecords: 2, 1, 2, 3, 4, 5, 6, 7);
        Assert.True(queue.IsFull);

        queue.Cut(1);
        Assert.True(queue.IsFull);

        queue.Cut(3);
        Assert.False(queue.IsFull);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(40, 60)]
    public void A_batch_that_is_full_by_records_or_bytes_wakes_the_reader(params int[] sizes)
    {
        var queue = Queue(batchRecords: 3);
        var woken = queue.WaitAsync(CancellationToken.None);
        foreach (var size in sizes)
        {
            Assert.False(woken.IsCompleted);
            queue.Enqueue(new Record { Offset = 0, Timestamp = 0, Size = size });
        }

        Assert.True(woken.IsCompleted);
    }

    [Fact]
    public void What_a_run_leaves_behind_wakes_the_reader_again()
    {
        var queue = Queue(batchRecords: 3, 1, 2, 3, 4);
        Assert.True(queue.WaitAsync(CancellationToken.None).IsCompleted);

        queue.Cut(1);
        Assert.True(queue.WaitAsync(CancellationToken.None).IsCompleted);

        queue.Cut(4);
        Assert.False(queue.WaitAsync(CancellationToken.None).IsCompleted);
    }

    private RecordQueue Queue(int batchRecords, params long[] offsets)
    {
        var queue = new RecordQueue(new TopicEndpointOptions { BatchRecords = batchRecords, BatchBytes = 100, QueuedRecords = 7, QueuedBytes = 1_000 });
        _queues.Add(queue);
        foreach (var offset in offsets)
        {
            queue.Enqueue(new Record { Offset = offset, Timestamp = 0, Size = 10 });
        }

        return queue;
    }
}
