using Orders.Tools.Running;

namespace Orders.Tests.Tools;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void This_process_is_alive_and_the_same_id_with_another_start_time_is_somebody_else()
    {
        var self = ProcessIdentity.Current;
        Assert.True(self.IsAlive());
        Assert.False((self with { StartTicks = self.StartTicks + 1 }).IsAlive());
        Assert.False((self with { BootId = "another boot" }).IsAlive());
    }

    [Fact]
    public void An_id_that_was_given_again_is_never_signalled()
    {
        // The signal would end this very test process.
        Signals.Send(ProcessIdentity.Current with { StartTicks = 1 }, Signals.Kill);
        Assert.True(ProcessIdentity.Current.IsAlive());
    }

    [Theory]
    [InlineData("7 (a) b) c) S 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 12345 1 1", 12345L)]
    [InlineData("7 (gone) Z 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 12345 1 1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_start_time_is_found_behind_any_name_and_a_zombie_has_none(string? stat, long? ticks) =>
        Assert.Equal(ticks, ProcessIdentity.StartTicksOf(stat));
}
