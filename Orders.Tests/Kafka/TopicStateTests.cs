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

        _state.Reached(_state.WhyUnreachable);

        Assert.Null(_state.Problem);
    }

    [Fact]
    public void Brokers_that_go_while_they_are_asked_are_gone()
    {
        _state.Unreachable("all brokers are down");
        var before = _state.WhyUnreachable;
        _state.Answered();
        _state.Unreachable("all brokers are down");

        _state.Reached(before);

        Assert.NotNull(_state.Problem);
    }

    [Fact]
    public void Who_has_left_the_group_does_not_read_until_it_has_joined_again()
    {
        _state.Left();
        Assert.Equal("is out of its group and joins again", _state.Problem);

        _state.Joined();
        Assert.Null(_state.Problem);
    }

    [Fact]
    public void What_is_wrong_besides_stays_said()
    {
        _state.Unreachable("all brokers are down");
        _state.Failed(new InvalidOperationException("a rebalance could not be followed"));
        _state.Reached(_state.WhyUnreachable);
        Assert.Contains("a rebalance could not be followed", _state.Problem, StringComparison.Ordinal);

        _state.Missing();
        _state.Reached(_state.WhyUnreachable);
        Assert.NotNull(_state.Problem);
    }

    [Fact]
    public void A_client_out_of_its_group_or_without_brokers_brings_nothing_until_there_is_a_sign_of_it()
    {
        foreach (var sign in (Action[])[_state.Joined, _state.Answered, _state.Missing, () => _state.Reached(_state.WhyUnreachable)])
        {
            _state.Unreachable("all brokers are down");
            Assert.True(_state.BringsNothing);

            sign();

            Assert.False(_state.BringsNothing);
        }

        _state.Left();
        _state.Reached(_state.WhyUnreachable);
        Assert.True(_state.BringsNothing);
    }
}
