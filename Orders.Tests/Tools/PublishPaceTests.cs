using Orders.Tools.Publish;

namespace Orders.Tests.Tools;

public sealed class PublishPaceTests
{
    [Theory]
    [InlineData(0, 835, 14_970)]
    [InlineData(14_000, 835, 970)]
    [InlineData(20_000, 835, 0)]
    [InlineData(0, 100, 15_000)]
    [InlineData(0, 100_000, 125)]
    public void The_embedded_kafka_is_never_asked_to_keep_more_than_it_can(long waiting, long bytes, long room) =>
        Assert.Equal(room, EmbeddedKafkaBrake.Room(waiting, bytes));

    [Theory]
    [InlineData(50, 200L, 2.0, "[#######.......................]  25 %  50 orders, 25/s")]
    [InlineData(1500, null, 1.0, "1,500 orders, 1,500/s")]
    public void Progress_reads_as_a_bar_where_the_end_is_known(long done, long? total, double seconds, string text) =>
        Assert.Equal(text, ProgressLine.Text(done, total, seconds));
}
