using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Contracts;
using Orders.Service.Failures;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Failures;

/// <summary>A batch that fails for one record: the record is found, its neighbours are stored, each offset once and in order.</summary>
public sealed class BisectionTests
{
    private readonly FakePartition _partition = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task Whichever_record_fails_is_alone_in_the_end_and_every_offset_is_accounted_for_once(int count)
    {
        for (var bad = 0; bad < count; bad += Math.Max(1, count / 5))
        {
            var partition = new FakePartition();
            partition.Fail(100 + bad, Data());

            await partition.SendAsync(Batch(100, count));

            Assert.Equal([100L + bad], partition.Kept);
            partition.AssertAccounted(100, 100 + count);
        }
    }

    [Fact]
    public async Task All_may_fail()
    {
        for (var offset = 0; offset < 20; offset++)
        {
            _partition.Fail(offset, Data());
        }

        await _partition.SendAsync(Batch(0, 20));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), _partition.Kept);
        _partition.AssertAccounted(0, 20);
    }

    [Fact]
    public async Task Lost_offsets_stay_with_the_first_part_and_absent_ones_with_what_is_before_them()
    {
        var batch = new RecordBatch<OrderReceived>
        {
            Group = "g", Topic = "orders", Partition = 0, Epoch = 1, First = 0, Lost = 10, Next = 40, Records = [At(12), At(15), At(20), At(30)],
        };
        _partition.Fail(20, Data());

        await _partition.SendAsync(batch);

        Assert.Equal([20L], _partition.Kept);
        _partition.AssertAccounted(0, 40);
        Assert.Equal(10, _partition.Lost);
        Assert.Equal(26, _partition.Absent);
    }

    [Fact]
    public async Task Refused_data_is_kept_at_once_and_a_bug_is_tried_again_first()
    {
        _partition.Fail(5, Data());
        await _partition.SendAsync(Batch(5, 1));
        Assert.Equal(1, _partition.Tries);

        _partition.Fail(6, new InvalidCastException());
        await _partition.SendAsync(Batch(6, 1));
        Assert.Equal(1 + 4, _partition.Tries);
        Assert.Equal([5L, 6L], _partition.Kept);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task All_that_is_sent_after_the_first_failure_says_so(int count)
    {
        _partition.Fail(6, new InvalidCastException());

        await _partition.SendAsync(Batch(6, count));

        Assert.False(_partition.SaidFailedBefore[0]);
        Assert.All(_partition.SaidFailedBefore.Skip(1), Assert.True);
        Assert.True(_partition.Tries > 1);
    }

    [Fact]
    public async Task A_bug_that_passes_is_not_kept()
    {
        _partition.Fail(6, new InvalidCastException(), times: 2);

        await _partition.SendAsync(Batch(6, 1));

        Assert.Empty(_partition.Kept);
        _partition.AssertAccounted(6, 7);
    }

    [Fact]
    public async Task A_failure_of_the_world_passes_through_and_what_was_committed_before_it_is_not_sent_again()
    {
        _partition.Fail(100, Data());
        _partition.Fail(107, new NpgsqlException("the server is gone"), times: 2);

        // The whole batch fails for 100 first; the right half then meets the outage, after the left one was committed.
        await Assert.ThrowsAsync<NpgsqlException>(() => _partition.SendAsync(Batch(100, 8)));
        await Assert.ThrowsAsync<NpgsqlException>(() => _partition.SendAsync(Batch(100, 8)));
        Assert.True(_partition.Position is > 100 and < 108);
        await _partition.SendAsync(Batch(100, 8));

        Assert.Equal([100L], _partition.Kept);
        _partition.AssertAccounted(100, 108);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_recognised()
    {
        await _partition.SendAsync(Batch(100, 8));
        await _partition.SendAsync(Batch(100, 8));

        _partition.AssertAccounted(100, 108);
    }

    [Theory]
    [InlineData(1, 99)]
    [InlineData(1, 109)]
    [InlineData(2, 104)]
    public async Task A_watermark_below_beyond_or_in_another_epoch_is_the_riders_to_deal_with(int epoch, long position)
    {
        (_partition.Epoch, _partition.Position) = (epoch, position);

        await Assert.ThrowsAsync<WatermarkMismatchException>(() => _partition.SendAsync(Batch(100, 8)));
    }

    [Fact]
    public async Task A_range_without_records_is_nobodys_fault()
    {
        _partition.FailAlways = Data();
        var empty = new RecordBatch<OrderReceived> { Group = "g", Topic = "orders", Partition = 0, Epoch = 1, First = 5, Lost = 3, Next = 8, Records = [] };

        await Assert.ThrowsAsync<PostgresException>(() => _partition.SendAsync(empty));
        Assert.Empty(_partition.Kept);
    }

    private static PostgresException Data() => new("no", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);

    private static RecordBatch<OrderReceived> Batch(long first, int count) => new()
    {
        Group = "g",
        Topic = "orders",
        Partition = 0,
        Epoch = 1,
        First = first,
        Next = first + count,
        Records = [.. Enumerable.Range(0, count).Select(i => At(first + i))],
    };

    private static Record At(long offset) => new() { Offset = offset, Timestamp = 0 };

    /// <summary>The consumer's part: a watermark that only parts adjoining it move, and records that fail.</summary>
    private sealed class FakePartition : IPipe<ConsumeContext<RecordBatch<OrderReceived>>>, IFailedRecords
    {
        private readonly Dictionary<long, (Exception Exception, int Times)> _failing = [];
        private readonly List<(long First, long Next)> _accounted = [];

        public int Epoch { get; set; } = 1;
        public long Position { get; set; } = -1;
        public Exception? FailAlways { get; set; }
        public int Tries { get; private set; }
        public long Lost { get; private set; }
        public long Absent { get; private set; }
        public List<long> Kept { get; } = [];
        public List<bool> SaidFailedBefore { get; } = [];

        public void Fail(long offset, Exception exception, int times = int.MaxValue) => _failing[offset] = (exception, times);

        public async Task SendAsync(RecordBatch<OrderReceived> batch)
        {
            Position = Position < 0 ? batch.First : Position;
            var filter = new BisectionFilter(
                this,
                Options.Create(new FailuresOptions { RetryDelay = TimeSpan.FromMilliseconds(1) }),
                TimeProvider.System,
                NullLogger<BisectionFilter>.Instance);
            await filter.Send(MessageContexts.Of(batch), this);
        }

        public void AssertAccounted(long first, long next)
        {
            Assert.Equal(first, _accounted[0].First);
            Assert.Equal(next, _accounted[^1].Next);
            Assert.All(_accounted.Zip(_accounted.Skip(1)), pair => Assert.Equal(pair.First.Next, pair.Second.First));
        }

        public Task Send(ConsumeContext<RecordBatch<OrderReceived>> context)
        {
            Tries++;
            SaidFailedBefore.Add(context.HasPayloadType(typeof(FailedBefore)));
            Adjoin(context.Message);
            if (FailAlways is not null)
            {
                throw FailAlways;
            }

            foreach (var record in context.Message.Records)
            {
                if (_failing.TryGetValue(record.Offset, out var failure) && failure.Times > 0)
                {
                    _failing[record.Offset] = (failure.Exception, failure.Times - 1);
                    throw failure.Exception;
                }
            }

            Account(context.Message);
            return Task.CompletedTask;
        }

        public Task KeepAsync(RecordBatch<OrderReceived> alone, Exception exception, CancellationToken cancellationToken)
        {
            Adjoin(alone);
            Kept.Add(Assert.Single(alone.Records).Offset);
            Account(alone);
            return Task.CompletedTask;
        }

        public void Probe(ProbeContext context)
        {
        }

        private void Adjoin(RecordBatch<OrderReceived> part)
        {
            if ((Epoch, Position) != (part.Epoch, part.First))
            {
                throw new WatermarkMismatchException(new Watermark(Epoch, Position, null));
            }
        }

        private void Account(RecordBatch<OrderReceived> part)
        {
            Position = part.Next;
            Lost += part.Lost;
            Absent += part.Absent;
            _accounted.Add((part.First, part.Next));
        }
    }
}
