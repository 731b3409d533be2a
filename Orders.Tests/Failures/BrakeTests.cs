using Bus.Storage.Inbox;
using Microsoft.Extensions.Options;
using Orders.Service.Failures;
using Orders.Tests.Caching;

namespace Orders.Tests.Failures;

/// <summary>When almost everything fails, it is not the records.</summary>
public sealed class BrakeTests
{
    private readonly ManualTime _time = new();
    private readonly Brake _brake;

    public BrakeTests() => _brake = new Brake(Options.Create(new FailuresOptions()), _time);

    [Fact]
    public void Five_thousand_in_a_row_are_borne_one_more_is_not()
    {
        See(stored: 100_000, dead: 0);
        See(stored: 0, dead: 5_000);
        Assert.Null(_brake.Tripped);

        See(stored: 0, dead: 1);
        Assert.Equal("5001 records in a row could not be stored", _brake.Tripped);
    }

    [Fact]
    public void A_success_ends_the_row_and_parked_records_say_nothing()
    {
        See(stored: 100_000, dead: 0);
        See(stored: 0, dead: 4_000);
        See(stored: 1, dead: 0);
        See(stored: 0, dead: 4_000);
        _brake.Observe(new OutcomeCounts { Parked = 50_000 });

        Assert.Null(_brake.Tripped);
    }

    [Fact]
    public void More_than_nine_in_ten_over_the_window_are_too_many_once_there_are_enough_to_judge_by()
    {
        See(stored: 500, dead: 9_499);
        Assert.Null(_brake.Tripped);

        See(stored: 1, dead: 0);
        Assert.Equal("9499 of the last 10000 records could not be stored (within 5 min)", _brake.Tripped);
    }

    [Fact]
    public void Two_hundred_are_enough_to_judge_by_where_they_fail_for_a_fault_that_is_not_theirs()
    {
        See(stored: 10, dead: 0);
        See(redelivering: 189);
        Assert.Null(_brake.Tripped);

        See(redelivering: 1);
        Assert.Equal("190 of the last 200 records could not be stored (within 5 min)", _brake.Tripped);
    }

    [Fact]
    public void A_thousand_in_a_row_on_a_quiet_topic_are_borne()
    {
        See(stored: 1, dead: 0);
        See(stored: 0, dead: 1_000);
        See(stored: 1, dead: 0);

        Assert.Null(_brake.Tripped);
    }

    [Fact]
    public void Exactly_nine_in_ten_are_borne()
    {
        See(stored: 2_000, dead: 18_000);

        Assert.Null(_brake.Tripped);
    }

    [Fact]
    public void What_is_older_than_the_window_no_longer_counts()
    {
        See(stored: 100, dead: 9_000);
        _time.Advance(TimeSpan.FromMinutes(6));
        See(stored: 100, dead: 9_000);

        Assert.Null(_brake.Tripped);
        _time.Advance(TimeSpan.FromMinutes(4));
        See(stored: 10, dead: 1_000);
        Assert.NotNull(_brake.Tripped);
    }

    [Fact]
    public void After_a_reset_it_counts_anew()
    {
        See(stored: 0, dead: 6_000);
        Assert.NotNull(_brake.Tripped);

        _brake.Reset();
        See(stored: 0, dead: 900);
        Assert.Null(_brake.Tripped);
    }

    private void See(long stored = 0, long dead = 0, long redelivering = 0) =>
        _brake.Observe(new OutcomeCounts { Stored = stored, Dead = dead, Redelivering = redelivering });
}
