using Bus.Kafka.Polling;

namespace Orders.Tests.Kafka;

/// <summary>What an endpoint says of itself, for readiness: a topic on which nothing happens must not stay unreadable after its brokers came back.</summary>
public sealed class TopicStateTests
{
    private readonly TopicState _state = new("orders", "group");

    public TopicStateTests() => _state.Joined();

    [Fact]
    public void Brokers_that_were_gone_and_told_where_the_log_ends_are_there_again()
    {
        _state.Unreachable("all brokers are down");
        Assert.NotNull(_state.Problem);

        _state.Reached();

        Assert.Null(_state.Problem);
    }

    [Fact]
    public void What_is_wrong_besides_stays_said()
    {
        _state.Unreachable("all brokers are down");
        _state.Failed(new InvalidOperationException("a rebalance could not be followed"));
        _state.Reached();
        Assert.Contains("a rebalance could not be followed", _state.Problem, StringComparison.Ordinal);

        _state.Missing();
        _state.Reached();
        Assert.NotNull(_state.Problem);
    }
}
