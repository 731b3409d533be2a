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
        var log = Path.Combine(_folder, "log");
        var launch = new Launch(log, "bash", ["-c", "env; echo told; exec sleep 60"])
        {
            Environment = new Dictionary<string, string> { ["Kafka__Client__security.protocol"] = "SASL_SSL" },
        };
        var started = launch.Start();
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(Soon);
            while (!File.Exists(log) || !(await File.ReadAllLinesAsync(log, patience.Token)).Contains("told"))
            {
                await Task.Yield();
            }

            Assert.Contains("Kafka__Client__security.protocol=SASL_SSL", await File.ReadAllLinesAsync(log, patience.Token));
        }
        finally
        {
            Signals.Send(started.Identity, Signals.Kill);
        }
    }
}
