using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
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

    [Fact]
    public void Only_the_process_that_listens_on_a_port_is_found_to()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.True(ProcessIdentity.Current.ListensOn(port));
        using var sleeper = Process.Start("sleep", "60")!;
        Assert.False(ProcessIdentity.Of(sleeper.Id)!.ListensOn(port));
        sleeper.Kill();
        listener.Stop();
        Assert.False(ProcessIdentity.Current.ListensOn(port));
    }

    [Theory]
    [InlineData("   0: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", "socket:[4711]")]
    [InlineData("   0: 0100007F:1F92 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", null)]
    [InlineData("   0: 0100007F:2F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0", null)]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", null)]
    [InlineData("", null)]
    public void A_listener_is_told_from_a_connection_and_from_other_ports(string line, string? link) =>
        Assert.Equal(link, ProcessIdentity.ListenerOf(line, 0x1F92));

    [Theory]
    [InlineData("7 (a) b) c) S 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 12345 1 1", 12345L)]
    [InlineData("7 (gone) Z 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 12345 1 1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_start_time_is_found_behind_any_name_and_a_zombie_has_none(string? stat, long? ticks) =>
        Assert.Equal(ticks, ProcessIdentity.StartTicksOf(stat));
}
