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
    public void A_beginning_that_went_back_is_another_log() =>
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 0, end: 500));

    [Fact]
    public void A_beginning_above_the_position_means_that_records_are_gone() =>
        Assert.Equal(TailLook.Gap, _positions.Look(0, low: 101, end: 500));

    [Fact]
    public void Retention_up_to_the_position_loses_nothing() =>
        Assert.Equal(TailLook.KeepsUp, _positions.Look(0, low: 100, end: 100));

    [Fact]
    public void A_position_never_goes_back()
    {
        _positions.Reached(0, 120);
        _positions.Reached(0, 110);

        Assert.Equal((0, 120L), Assert.Single(_positions.All));
    }
}
