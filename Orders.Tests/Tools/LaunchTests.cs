using System.Net;
using System.Net.Sockets;
using Orders.Tools.Running;
using Orders.Tools.Up;

namespace Orders.Tests.Tools;

/// <summary>What a process that is started gets.</summary>
public sealed class LaunchTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("bus-launch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_setting_reaches_the_process_although_no_shell_could_hold_its_name()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Soon);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var tell = $"env >/dev/tcp/127.0.0.1/{((IPEndPoint)listener.LocalEndpoint).Port}; exec sleep 60";
        var started = new Launch(Path.Combine(_folder, "log"), "bash", ["-c", tell])
        {
            Environment = new Dictionary<string, string> { ["Kafka__Client__security.protocol"] = "SASL_SSL" },
        }.Start();
        try
        {
            using var told = await listener.AcceptTcpClientAsync(patience.Token);
            using var reader = new StreamReader(told.GetStream());
            var settings = await reader.ReadToEndAsync(patience.Token);
            Assert.Contains("Kafka__Client__security.protocol=SASL_SSL", settings.Split('\n'));
        }
        finally
        {
            Signals.Send(started.Identity, Signals.Kill);
        }
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("exit 255", "exit code 255")]
    [InlineData("kill -9 $$", "exit code 137, as by signal 9")]
    public void Who_started_a_process_is_told_how_it_ended(string script, string how)
    {
        var go = Path.Combine(_folder, "go");
        var started = new Launch(Path.Combine(_folder, "log"), "bash", ["-c", $"until [[ -e $GO ]]; do sleep 0.02; done; {script}"])
        {
            Environment = new Dictionary<string, string> { ["GO"] = go },
        }.Start(out var child);
        using (child)
        {
            try
            {
                File.WriteAllText(go, "");
                Assert.True(child.WaitForExit(Soon));
                Assert.Equal(how, ProcessEnds.Describe(child));
            }
            finally
            {
                Signals.Send(started.Identity, Signals.Kill);
            }
        }
    }

    [Fact]
    public void Of_a_process_that_runs_nothing_is_said_and_of_somebody_elses_that_it_is_not_known()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Assert.Null(ProcessEnds.Describe(self));
        Assert.StartsWith("in a way not known", ProcessEnds.Describe(child: null), StringComparison.Ordinal);
    }
}
