using Bus.Storage.Relay;
using Npgsql;

namespace Orders.Tests.Relay;

/// <summary>What an instance says of its relay, for readiness: where another one relays, only what went wrong here with the target still counts.</summary>
public sealed class RelayStateTests
{
    private readonly RelayState _state = new();

    [Fact]
    public void Before_the_database_was_reached_it_is_a_problem() => Assert.NotNull(_state.Problem);

    [Fact]
    public void An_instance_that_lost_its_session_and_stands_by_again_has_no_problem()
    {
        _state.Standby();
        _state.Failed(new NpgsqlException("the session was ended"));
        Assert.NotNull(_state.Problem);

        _state.Standby();

        Assert.Null(_state.Problem);
    }

    [Fact]
    public void What_the_target_refused_stays_said_while_another_instance_tries()
    {
        _state.Failed(new RelayException("not confirmed"));

        _state.Standby();

        Assert.NotNull(_state.Problem);
        _state.Sent(1);
        Assert.Null(_state.Problem);
    }
}
