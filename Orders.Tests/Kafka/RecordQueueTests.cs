using Bus.Kafka.Polling;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Kafka;

/// <summary>Every offset that was received is handed out once, in order, in runs within the limits.</summary>
public sealed class RecordQueueTests : IDisposable
{
    private readonly RecordQueue _queue = new(maxRecords: 6, maxBytes: 1_000, batchRecords: 3);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void A_run_ends_at_the_limit_of_records()
    {
        Receive(10, 11, 12, 13);

        var run = _queue.Cut(position: 10, limitRecords: 3, limitBytes: 1_000);

        Assert.Equal([10, 11, 12], run.Records.Select(record => record.Offset));
        Assert.Equal(13, run.Next);
    }

    [Fact]
    public void A_run_ends_before_the_limit_of_bytes_but_a_record_above_it_goes_alone()
    {
        _queue.Enqueue(new Record { Offset = 10, Timestamp = 0, Size = 400 });
        _queue.Enqueue(new Record { Offset = 11, Timestamp = 0, Size = 90 });
        _queue.Enqueue(new Record { Offset = 12, Timestamp = 0, Size = 20 });

        Assert.Equal([10], Cut(10).Records.Select(record => record.Offset));
        Assert.Equal([11], Cut(11).Records.Select(record => record.Offset));
        Assert.Equal([12], Cut(12).Records.Select(record => record.Offset));

        Run Cut(long position) => _queue.Cut(position, limitRecords: 10, limitBytes: 100);
    }

    [Fact]
    public void The_end_of_the_log_accounts_for_trailing_offsets_without_a_record_only_after_the_last_record()
    {
        Receive(10, 11);
        _queue.ReachEnd(15);

        Assert.Equal(11, _queue.Cut(10, limitRecords: 1, limitBytes: 1_000).Next);
        Assert.Equal(15, _queue.Cut(11, limitRecords: 1, limitBytes: 1_000).Next);
    }

    [Fact]
    public void A_full_queue_has_room_again_when_half_of_it_is_gone()
    {
        Receive(1, 2, 3, 4, 5, 6);
        Assert.True(_queue.IsFull);

        _queue.Cut(1, limitRecords: 2, limitBytes: 1_000);
        Assert.True(_queue.IsFull);

        _queue.Cut(3, limitRecords: 1, limitBytes: 1_000);
        Assert.False(_queue.IsFull);
    }

    private void Receive(params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            _queue.Enqueue(new Record { Offset = offset, Timestamp = 0, Size = 10 });
        }
    }
}
