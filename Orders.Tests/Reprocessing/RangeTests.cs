using Bus.Storage.Reprocessing;
using Orders.Service.Reprocessing;

namespace Orders.Tests.Reprocessing;

/// <summary>What is asked for, as offsets of each partition; or why it is refused.</summary>
public sealed class RangeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1200", 1200)]
    public void An_offset_is_digits(string text, long offset)
    {
        Assert.True(OffsetBound.TryParse(text, out var bound));
        Assert.Equal(offset, bound.Offset);
    }

    [Theory]
    [InlineData("2026-11-21T08:30:00Z")]
    [InlineData("2026-11-21T08:30:00.000Z")]
    [InlineData("2026-11-21T10:30:00+02:00")]
    public void A_time_names_its_zone(string text)
    {
        Assert.True(OffsetBound.TryParse(text, out var bound));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 8, 30, 0, TimeSpan.Zero), bound.Time);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+5")]
    [InlineData(" 5")]
    [InlineData("1,200")]
    [InlineData("99999999999999999999")]
    [InlineData("yesterday")]
    [InlineData("2026-11-21")]
    [InlineData("2026-11-21T08:30:00")]
    [InlineData("2026-11-31T08:30:00Z")]
    public void Anything_else_is_no_bound(string? text) => Assert.False(OffsetBound.TryParse(text, out _));

    [Fact]
    public void From_start_to_end_is_what_the_log_holds_and_what_was_ingested_of_it_partition_by_partition()
    {
        var (ranges, refusal) = Plan("start", "end", new(0, 2, Watermark: 90, Low: 10), new(1, 1, Watermark: 0, Low: 0), new(3, 1, Watermark: 5, Low: 0));

        Assert.Null(refusal);
        Assert.Equal([new OffsetRange(0, 2, 10, 90), new OffsetRange(3, 1, 0, 5)], ranges);
    }

    [Fact]
    public void The_end_is_the_first_offset_that_is_not_done() =>
        Assert.Equal([new OffsetRange(0, 1, 20, 30)], Plan("20", "30", new PlannedPartition(0, 1, Watermark: 30, Low: 20)).Ranges);

    [Fact]
    public void A_time_is_the_first_record_of_it_and_none_that_late_is_the_watermark()
    {
        const string Time = "2026-11-21T08:30:00Z";
        Assert.Equal(
            [new OffsetRange(0, 1, 40, 90)], Plan(Time, "end", new PlannedPartition(0, 1, Watermark: 90, Low: 0, AtFrom: 40), new(1, 1, 80, 0)).Ranges);

        // Records of that time that are not ingested yet are not ingested again.
        Assert.Equal([new OffsetRange(0, 1, 0, 90)], Plan("start", Time, new PlannedPartition(0, 1, Watermark: 90, Low: 0, AtTo: 120)).Ranges);
        Assert.Equal([new OffsetRange(0, 1, 0, 90)], Plan("start", Time, new PlannedPartition(0, 1, Watermark: 90, Low: 0)).Ranges);
    }

    [Fact]
    public void An_offset_that_was_never_ingested_is_refused_with_where_the_partition_stands() => Assert.Equal(
        "Partition 2 is ingested up to offset 90, so nothing above can be ingested again; 91 was asked for. Give end, or at most 90.",
        Plan("0", "91", new(0, 1, Watermark: 200, Low: 0), new(2, 1, Watermark: 90, Low: 0)).Refusal);

    [Theory]
    [InlineData("5", "400", "Partition 0: 23 of the offsets asked for, 5 to 27, are gone: the log begins at 28. Give start, or at least 28.")]
    [InlineData("5", "10", "Partition 0: 5 of the offsets asked for, 5 to 9, are gone: the log begins at 28. Give start, or at least 28.")]
    public void Offsets_the_log_no_longer_holds_are_refused_and_counted(string from, string to, string refusal) =>
        Assert.Equal(refusal, Plan(from, to, new PlannedPartition(0, 1, Watermark: 400, Low: 28)).Refusal);

    [Theory]
    [InlineData("30", "30", "The range from offset 30 to 30 holds nothing: its end is the first offset that is not done.")]
    [InlineData("31", "30", "The range from offset 31 to 30 holds nothing: its end is the first offset that is not done.")]
    [InlineData("90", "end", "The range holds no offset that was ingested; there is nothing to do.")]
    [InlineData("start", "20", "The range holds no offset that was ingested; there is nothing to do.")]
    public void A_range_without_offsets_is_refused(string from, string to, string refusal) =>
        Assert.Equal(refusal, Plan(from, to, new PlannedPartition(0, 1, Watermark: 90, Low: 28)).Refusal);

    private static (IReadOnlyList<OffsetRange> Ranges, string? Refusal) Plan(string from, string to, params PlannedPartition[] partitions)
    {
        Assert.True(OffsetBound.TryParse(from, out var first));
        Assert.True(OffsetBound.TryParse(to, out var next));
        return ReprocessPlan.Of(first, next, partitions);
    }
}
