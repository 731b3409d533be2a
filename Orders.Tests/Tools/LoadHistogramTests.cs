using Orders.Tools.Load;

namespace Orders.Tests.Tools;

public sealed class LoadHistogramTests
{
    [Fact]
    public void Every_value_is_kept_to_three_digits()
    {
        for (var value = 1L; value <= LatencyHistogram.Largest; value += 1 + (value / 37))
        {
            var lowest = LatencyHistogram.LowestOf(LatencyHistogram.IndexOf(value));
            var next = LatencyHistogram.LowestOf(LatencyHistogram.IndexOf(value) + 1);
            Assert.True(lowest <= value && value < next, $"{value} is counted between {lowest} and {next}");
            Assert.True((next - lowest) * 1000 <= Math.Max(1000, value), $"{value} is counted with all up to {next}");
        }
    }

    [Fact]
    public void Counters_follow_each_other_without_a_gap()
    {
        for (var index = 0; index < LatencyHistogram.IndexOf(LatencyHistogram.Largest); index++)
        {
            Assert.Equal(index, LatencyHistogram.IndexOf(LatencyHistogram.LowestOf(index)));
            Assert.Equal(index, LatencyHistogram.IndexOf(LatencyHistogram.LowestOf(index + 1) - 1));
        }
    }

    [Fact]
    public void Percentiles_are_those_of_the_sorted_values()
    {
        var dice = new Random(7);
        var values = Enumerable.Range(0, 50_000).Select(_ => (long)Math.Exp(dice.NextDouble() * 20)).ToArray();
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Record(value);
        }

        Array.Sort(values);
        foreach (var percent in new[] { 1, 50, 95, 99, 99.9, 100 })
        {
            var exact = values[(int)Math.Ceiling(percent / 100 * values.Length) - 1];
            Assert.InRange(histogram.Percentile(percent), exact, exact * 1.001 + 1);
        }

        var summary = histogram.Summarize()!;
        Assert.Equal((values.Length, values[0], values[^1]), (summary.Count, summary.Min, summary.Max));
        Assert.Equal(values.Average(), summary.Mean, 0.001);
    }

    [Fact]
    public void Nothing_recorded_is_nothing_said()
    {
        Assert.Null(new LatencyHistogram().Summarize());
        Assert.Empty(LoadText.Histogram(new LatencyHistogram()));
    }

    [Fact]
    public void A_clock_set_back_is_no_time_and_a_day_is_an_hour()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);
        Assert.Equal((0L, LatencyHistogram.Largest), (histogram.Summarize()!.Min, histogram.Summarize()!.Max));
    }

    [Fact]
    public void Rows_of_the_picture_hold_every_value_once()
    {
        var histogram = new LatencyHistogram();
        foreach (var value in new long[] { 90, 150, 1_500, 1_600, 1_700, 40_000 })
        {
            histogram.Record(value);
        }

        Assert.Equal(
            [
                "     0 µs – 100 µs            1  #################",
                "   100 µs – 200 µs            1  #################",
                "   200 µs – 500 µs            0",
                "   500 µs – 1.00 ms           0",
                "  1.00 ms – 2.00 ms           3  ##################################################",
                "  2.00 ms – 5.00 ms           0",
                "  5.00 ms – 10.0 ms           0",
                "  10.0 ms – 20.0 ms           0",
                "  20.0 ms – 50.0 ms           1  #################",
            ],
            LoadText.Histogram(histogram));
    }
}
