using Bus.Kafka.Endpoints;

namespace Orders.Tests.Kafka;

/// <summary>A setting of how a topic is read that cannot be meant is refused, by its name and with what may be given.</summary>
public sealed class ReadingLimitsTests
{
    [Fact]
    public void What_holds_by_default_is_not_refused() => Assert.Empty(new TopicEndpointOptions().Problems());

    [Theory]
    [InlineData(nameof(TopicEndpointOptions.BatchRecords), 0)]
    [InlineData(nameof(TopicEndpointOptions.BatchRecords), 100_001)]
    [InlineData(nameof(TopicEndpointOptions.QueuedRecords), 499)]
    [InlineData(nameof(TopicEndpointOptions.BatchBytes), 0L)]
    [InlineData(nameof(TopicEndpointOptions.QueuedBytes), (1L << 20) - 1)]
    public void An_impossible_amount_is_refused(string setting, object amount) => Refuses(setting, amount);

    [Theory]
    [InlineData(nameof(TopicEndpointOptions.BatchLinger), -0.001)]
    [InlineData(nameof(TopicEndpointOptions.BatchLinger), 10.001)]
    [InlineData(nameof(TopicEndpointOptions.FullPatience), 0)]
    [InlineData(nameof(TopicEndpointOptions.FullPatience), 300.001)]
    [InlineData(nameof(TopicEndpointOptions.StopPatience), 0)]
    [InlineData(nameof(TopicEndpointOptions.StopPatience), 300.001)]
    [InlineData(nameof(TopicEndpointOptions.StuckPatience), 0)]
    [InlineData(nameof(TopicEndpointOptions.StuckPatience), 300.001)]
    [InlineData(nameof(TopicEndpointOptions.HoldMost), 0.199)]
    [InlineData(nameof(TopicEndpointOptions.RecheckInterval), 0.099)]
    [InlineData(nameof(TopicEndpointOptions.RecheckInterval), 3_600.001)]
    [InlineData(nameof(TopicEndpointOptions.SessionTimeout), 0.999)]
    public void An_impossible_time_is_refused(string setting, double seconds) => Refuses(setting, TimeSpan.FromSeconds(seconds));

    private static void Refuses(string setting, object value)
    {
        var options = new TopicEndpointOptions();
        typeof(TopicEndpointOptions).GetProperty(setting)!.SetValue(options, value);

        // A batch that is too large is too large for its queue too.
        Assert.Contains(options.Problems(), problem => problem.Setting == setting);
    }
}
