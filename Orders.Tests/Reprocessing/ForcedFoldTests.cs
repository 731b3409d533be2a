using System.Security.Cryptography;
using System.Text;
using Orders.Contracts;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Tests.Reprocessing;

/// <summary>What force applies, and what it leaves alone: nothing that came after the range may lose to it, now or later.</summary>
public sealed class ForcedFoldTests
{
    private const long End = 50;
    private readonly OrderFold _fold = new([]);

    [Fact]
    public void What_the_row_seems_to_hold_already_is_written_again_as_a_version_with_its_event()
    {
        Apply("a", offset: 5);

        Assert.Equal(Outcome.Stored, Force("a", offset: 5));
        Assert.Equal([(1L, OrderEventTypes.Created, "a"), (2L, OrderEventTypes.Updated, "a")], Events());
        Assert.True(Row().IsTouched);
        Assert.Equal("a", Encoding.UTF8.GetString(Row().Content!));
    }

    [Fact]
    public void An_order_goes_through_its_history_in_the_range_again_and_ends_where_it_was()
    {
        Apply("a", offset: 5, time: 1_000);
        Apply("b", offset: 9, time: 2_000);

        Assert.Equal(Outcome.Stored, Force("a", offset: 5, time: 1_000));
        Assert.Equal((new RecordPosition(1, 0, 9), 2_000L), (Row().Position, Row().Time));
        Assert.Equal(Outcome.Stored, Force("b", offset: 9, time: 2_000));
        Assert.Equal((new RecordPosition(1, 0, 9), 2_000L), (Row().Position, Row().Time));
        Assert.Equal((4L, "b"), (Row().Version, Events()[^1].Content));
    }

    [Fact]
    public void After_an_old_record_was_forced_the_next_live_one_is_newer_and_the_one_after_the_forced_is_not()
    {
        Apply("a", offset: 5);
        Apply("b", offset: 9);
        Force("a", offset: 5);

        Assert.Equal(Outcome.Superseded, Apply("b", offset: 9));
        Assert.Equal(Outcome.Stored, Apply("c", offset: 60));
    }

    [Fact]
    public void What_came_from_behind_the_range_stays()
    {
        Apply("a", offset: 5);
        Apply("b", offset: End);

        Assert.Equal(Outcome.Superseded, Force("a", offset: 5));
        Assert.Equal(Outcome.Duplicate, Force("b", offset: 6));
        Assert.Equal((2L, new RecordPosition(1, 0, End)), (Row().Version, Row().Position));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Between_partitions_and_epochs_time_still_decides(int epoch, int partition)
    {
        Apply("a", offset: 5, time: 1_000);

        Assert.Equal(Outcome.Superseded, Force("b", offset: 6, time: 1_000, epoch, partition));
        Assert.Equal(Outcome.Stored, Force("b", offset: 6, time: 1_001, epoch, partition));
    }

    [Fact]
    public void A_record_the_row_never_saw_is_stored_and_moves_it_as_without_force()
    {
        Assert.Equal(Outcome.Stored, Force("a", offset: 5, time: 1_000));
        Assert.Equal(Outcome.Stored, Force("b", offset: 7, time: 3_000));
        Assert.Equal((new RecordPosition(1, 0, 7), 3_000L), (Row().Position, Row().Time));
        Assert.Equal([(1L, OrderEventTypes.Created, "a"), (2L, OrderEventTypes.Updated, "b")], Events());
    }

    [Fact]
    public void A_removal_and_what_was_before_it_are_gone_through_again_and_a_removed_order_is_not_removed_twice()
    {
        Apply("a", offset: 5);
        Apply(null, offset: 6);

        Assert.Equal(Outcome.Ignored, Force(null, offset: 6));
        Assert.Equal(Outcome.Stored, Force("a", offset: 5));
        Assert.Equal(Outcome.Removed, Force(null, offset: 6));
        Assert.True(Row().IsRemoved);
        Assert.Null(Row().Content);
        Assert.Equal(
            [OrderEventTypes.Created, OrderEventTypes.Removed, OrderEventTypes.Created, OrderEventTypes.Removed], Events().Select(e => e.Type));
    }

    private Outcome Apply(string? content, long offset, long time = 0) => _fold.Apply(Change(content, offset, time));

    private Outcome Force(string? content, long offset, long time = 0, int epoch = 1, int partition = 0) =>
        _fold.Force(Change(content, offset, time, epoch, partition), End);

    private OrderRow Row() => _fold.Rows.Single();

    private List<(long Sequence, string Type, string? Content)> Events() => [.. _fold.Events.Select(
        e => (e.Sequence, e.Type, e.Payload is null ? null : Encoding.UTF8.GetString(e.Payload)))];

    private static OrderChange Change(string? content, long offset, long time, int epoch = 1, int partition = 0) => new(
        "x",
        content is null ? null : Encoding.UTF8.GetBytes(content),
        content is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(content)),
        new RecordPosition(epoch, partition, offset),
        time,
        TraceParent: null);
}
