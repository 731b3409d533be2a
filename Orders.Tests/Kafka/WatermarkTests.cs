using Bus.Kafka.Watermarks;
using Record = Bus.Kafka.Records.Record;

namespace Orders.Tests.Kafka;

/// <summary>Where a partition is read from, told in numbers.</summary>
public sealed class WatermarkTests
{
    [Fact]
    public void A_partition_nobody_read_yet_starts_at_its_position()
    {
        var position = new PartitionPosition(new Watermark(Epoch: 1, Position: 40, Last: null));

        Assert.Equal(40, position.FetchFrom);
        Assert.Equal(Arrival.New, position.Arrive(At(40)));
    }

    [Fact]
    public void A_partition_that_was_read_starts_at_its_last_record_to_recognise_the_log_and_takes_what_follows()
    {
        var position = new PartitionPosition(Accounted(position: 40, last: At(39)));

        Assert.Equal(39, position.FetchFrom);
        Assert.Equal(Arrival.Accounted, position.Arrive(At(39)));
        Assert.Equal(Arrival.New, position.Arrive(At(40)));
        Assert.Equal(Arrival.New, position.Arrive(At(41)));
    }

    [Theory]
    [InlineData("other value", 39_000)]
    [InlineData("value 39", 12_345)]
    [InlineData(null, 39_000)]
    public void Another_record_at_the_last_offset_is_another_log(string? value, long timestamp)
    {
        var position = new PartitionPosition(Accounted(position: 40, last: At(39)));

        Assert.Equal(Arrival.OtherLog, position.Arrive(At(39, value, timestamp)));
    }

    [Fact]
    public void A_record_between_the_last_one_and_the_watermark_is_another_log()
    {
        // Offsets 36 to 39 held no record when they were accounted for; a record there cannot come from the same log.
        var position = new PartitionPosition(Accounted(position: 40, last: At(35)));

        Assert.Equal(Arrival.OtherLog, position.Arrive(At(37)));
    }

    [Fact]
    public void A_last_record_that_was_compacted_away_says_nothing_against_the_log()
    {
        var position = new PartitionPosition(Accounted(position: 40, last: At(39)));

        Assert.Equal(Arrival.New, position.Arrive(At(43)));
        Assert.Equal(44, position.Received);
    }

    [Fact]
    public void A_tombstone_is_recognised_and_an_empty_value_is_not_taken_for_it()
    {
        var tombstone = At(39, value: null);

        Assert.Equal(Arrival.Accounted, new PartitionPosition(Accounted(40, tombstone)).Arrive(tombstone));
        Assert.Equal(Arrival.OtherLog, new PartitionPosition(Accounted(40, tombstone)).Arrive(At(39, value: "")));
    }

    [Fact]
    public void What_is_accounted_for_is_what_a_log_is_recognised_by_and_a_run_without_records_keeps_the_last_one()
    {
        var position = new PartitionPosition(new Watermark(Epoch: 3, Position: 38, Last: null));

        position.Advance(40, At(39));
        position.Advance(44, last: null);

        Assert.Equal((3, 44L, 39L), (position.Accounted.Epoch, position.Accounted.Position, position.Accounted.Last!.Offset));
        Assert.Equal(Arrival.Accounted, new PartitionPosition(position.Accounted).Arrive(At(39)));
        Assert.Equal(Arrival.OtherLog, new PartitionPosition(position.Accounted).Arrive(At(41)));
    }

    [Fact]
    public void Where_an_epoch_has_no_record_yet_reading_begins_behind_its_first_ones()
    {
        var position = new PartitionPosition(new Watermark(Epoch: 3, Position: 38, Last: null));

        position.Advance(38, last: null);
        position.Advance(40, At(39));
        position.Advance(41, At(40));

        Assert.Equal((40L, 39L), (position.Start.Position, position.Start.Last!.Offset));
        Assert.Equal(39, new PartitionPosition(Accounted(position: 40, last: At(39))).Start.Last!.Offset);
    }

    [Fact]
    public void What_comes_twice_is_taken_once()
    {
        var position = new PartitionPosition(new Watermark(1, 40, null));

        Assert.Equal(Arrival.New, position.Arrive(At(40)));
        Assert.Equal(Arrival.New, position.Arrive(At(41)));
        Assert.Equal(Arrival.Accounted, position.Arrive(At(40)));
    }

    [Fact]
    public void When_the_head_was_deleted_reading_goes_on_at_what_is_left_and_never_goes_back()
    {
        var position = new PartitionPosition(Accounted(position: 40, last: At(39)));

        position.SkipTo(100);
        Assert.Equal(100, position.FetchFrom);
        Assert.Equal(Arrival.New, position.Arrive(At(100)));

        position.SkipTo(60);
        Assert.Equal(101, position.Received);
    }

    private static Watermark Accounted(long position, Record last) =>
        new(1, position, new LastRecord(last.Offset, last.Timestamp, LastRecord.HashOf(last.Value)));

    private static Record At(long offset) => At(offset, $"value {offset}");

    private static Record At(long offset, string? value, long? timestamp = null) => new()
    {
        Offset = offset,
        Timestamp = timestamp ?? offset * 1_000,
        Value = value is null ? null : System.Text.Encoding.UTF8.GetBytes(value),
    };
}
