using System.Security.Cryptography;
using System.Text;
using Orders.Contracts;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Tests.Ingest;

/// <summary>What is new and what is old: one version and one event per change, and nothing older is ever applied.</summary>
public sealed class NewAndOldTests
{
    private readonly OrderFold _fold = new([]);

    [Fact]
    public void A_new_order_is_version_1_and_created()
    {
        Assert.Equal(Outcome.Stored, Put("a", offset: 5));

        Assert.Equal([(1L, OrderEventTypes.Created, "a")], Events());
    }

    [Fact]
    public void Other_bytes_at_a_higher_offset_are_the_next_version()
    {
        Put("a", offset: 5);

        Assert.Equal(Outcome.Stored, Put("b", offset: 6));
        Assert.Equal([(1L, OrderEventTypes.Created, "a"), (2L, OrderEventTypes.Updated, "b")], Events());
    }

    [Fact]
    public void The_same_bytes_are_a_duplicate_that_only_moves_the_position_on()
    {
        Put("a", offset: 5);

        Assert.Equal(Outcome.Duplicate, Put("a", offset: 9));
        Assert.Equal(Outcome.Superseded, Put("b", offset: 8));
        Assert.Single(Events());
        Assert.Equal(9, Row().Position.Offset);
    }

    [Fact]
    public void A_lower_offset_of_the_same_partition_is_superseded_whatever_its_time()
    {
        Put("a", offset: 5, time: 1_000);

        Assert.Equal(Outcome.Superseded, Put("b", offset: 4, time: 9_000));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Between_partitions_and_epochs_only_a_later_time_is_newer_and_a_tie_is_not(int epoch, int partition)
    {
        Put("a", offset: 5, time: 1_000);

        Assert.Equal(Outcome.Superseded, Put("b", offset: 99, time: 999, epoch, partition));
        Assert.Equal(Outcome.Superseded, Put("b", offset: 99, time: 1_000, epoch, partition));
        Assert.Equal(Outcome.Stored, Put("b", offset: 0, time: 1_001, epoch, partition));
    }

    [Fact]
    public void An_orders_own_record_read_again_in_a_new_epoch_takes_it_there_so_that_the_next_of_the_same_millisecond_is_newer()
    {
        Put("a", offset: 5, time: 1_000);

        Assert.Equal(Outcome.Duplicate, Put("a", offset: 5, time: 1_000, epoch: 2));
        Assert.Equal(Outcome.Stored, Put("b", offset: 6, time: 1_000, epoch: 2));
        Assert.Equal(Outcome.Superseded, Put("a", offset: 99, time: 1_000, epoch: 1));
    }

    [Fact]
    public void An_orders_time_never_goes_back()
    {
        Put("a", offset: 5, time: 5_000);
        Put("b", offset: 6, time: 1_000);

        Assert.Equal(5_000, Row().Time);
        Assert.Equal(Outcome.Superseded, Put("c", offset: 0, time: 4_000, partition: 1));
    }

    [Fact]
    public void A_removal_empties_the_content_and_a_later_order_goes_on_counting()
    {
        Put("a", offset: 5);

        Assert.Equal(Outcome.Removed, Remove(offset: 6));
        Assert.Null(Row().Content);
        Assert.Equal(Outcome.Stored, Put("a", offset: 7));
        Assert.Equal(
            [(1L, OrderEventTypes.Created, "a"), (2L, OrderEventTypes.Removed, null), (3L, OrderEventTypes.Created, "a")], Events());
    }

    [Fact]
    public void The_removal_of_an_unknown_order_leaves_a_row_that_a_lagging_create_is_older_than()
    {
        Assert.Equal(Outcome.Ignored, Remove(offset: 6, time: 2_000));

        Assert.Equal(Outcome.Superseded, Put("a", offset: 0, time: 1_000, partition: 1));
        Assert.Empty(Events());
        Assert.Equal(Outcome.Stored, Put("a", offset: 1, time: 3_000, partition: 1));
        Assert.Equal([(1L, OrderEventTypes.Created, "a")], Events());
    }

    [Fact]
    public void A_removal_that_comes_late_is_superseded()
    {
        Put("a", offset: 5, time: 2_000);

        Assert.Equal(Outcome.Superseded, Remove(offset: 9, time: 1_000, partition: 1));
        Assert.False(Row().IsRemoved);
    }

    [Fact]
    public void A_row_that_nothing_moved_is_not_written()
    {
        var stored = new OrderRow
        {
            Uid = "x", Base = 3, Version = 3, ContentHash = Hash("a"), Position = new RecordPosition(1, 0, 50), Time = 1_000,
        };
        var fold = new OrderFold(new() { ["x"] = stored });

        Assert.Equal(Outcome.Superseded, fold.Apply(Change("b", offset: 40, time: 0)));
        Assert.False(stored.IsTouched);
    }

    private Outcome Put(string content, long offset, long time = 0, int epoch = 1, int partition = 0) =>
        _fold.Apply(Change(content, offset, time, epoch, partition));

    private Outcome Remove(long offset, long time = 0, int epoch = 1, int partition = 0) =>
        _fold.Apply(Change(null, offset, time, epoch, partition));

    private OrderRow Row() => _fold.Rows.Single();

    private List<(long, string, string?)> Events() => [.. _fold.Events.Select(
        e => (e.Sequence, e.Type, e.Payload is null ? null : Encoding.UTF8.GetString(e.Payload)))];

    private static OrderChange Change(string? content, long offset, long time, int epoch = 1, int partition = 0) => new(
        "x",
        content is null ? null : Encoding.UTF8.GetBytes(content),
        content is null ? null : Hash(content),
        new RecordPosition(epoch, partition, offset),
        time,
        TraceParent: null);

    private static byte[] Hash(string content) => SHA256.HashData(Encoding.UTF8.GetBytes(content));
}
