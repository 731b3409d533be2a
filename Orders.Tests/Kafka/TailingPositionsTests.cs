using Bus.Kafka.Tailing;

namespace Orders.Tests.Kafka;

public sealed class TailingPositionsTests
{
    private readonly TailPositions _positions = new();

    public TailingPositionsTests() => _positions.Begin(partition: 0, next: 100, low: 40);

    [Fact]
    public void A_tail_keeps_up_when_it_has_reached_the_end_of_the_look_before()
    {
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 150));
        _positions.Reached(0, 150);
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 900));
        _positions.Reached(0, 899);
        Assert.Equal(TailLook.Behind, _positions.Look(0, low: 40, end: 950));
        _positions.Reached(0, 950);
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 950));
    }

    [Fact]
    public void An_end_below_what_was_read_is_another_log() =>
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 40, end: 99));

    [Fact]
    public void An_end_that_went_back_is_another_log_however_little_was_read()
    {
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 900));
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 40, end: 899));
    }

    [Fact]
    public void A_beginning_that_went_back_is_another_log() =>
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 0, end: 500));

    [Fact]
    public void A_beginning_above_the_position_means_that_records_are_gone() =>
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 101, end: 500));

    [Fact]
    public void Retention_up_to_the_position_loses_nothing() =>
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 100, end: 100));

    [Fact]
    public void What_was_handed_over_while_a_look_was_under_way_is_no_other_log()
    {
        _positions.Ask();
        _positions.Reached(0, 160);

        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 150));
        _positions.Ask();
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 40, end: 150));
    }

    [Fact]
    public void A_lost_position_is_a_gap_for_the_looks_that_began_afterwards_until_it_has_begun_anew()
    {
        _positions.Ask();
        _positions.Lose(0);
        Assert.Equal(TailLook.Behind, _positions.Look(0, low: 40, end: 500));

        _positions.Ask();
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 40, end: 500));
        _positions.Ask();
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 40, end: 500));

        _positions.Begin(0, next: 40, low: 40);
        _positions.Ask();
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 40, end: 500));
    }

    [Fact]
    public void All_positions_can_be_lost_at_once()
    {
        _positions.Begin(partition: 1, next: 7, low: 7);
        _positions.LoseAll();
        _positions.Ask();

        Assert.Equal((TailLook.Gap, TailLook.Gap), (_positions.Look(0, low: 40, end: 500), _positions.Look(1, low: 7, end: 7)));
    }

    [Fact]
    public void A_position_never_goes_back()
    {
        _positions.Reached(0, 120);
        _positions.Reached(0, 110);

        Assert.Equal((0, 120L), Assert.Single(_positions.All));
    }
}
