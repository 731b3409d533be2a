using System.Diagnostics;
using Orders.Tools;
using Orders.Tools.Printing;
using Orders.Tools.Running;
using Orders.Tools.Testing;

namespace Orders.Tests.Tools;

public sealed class TestFolderTests : IDisposable
{
    private readonly StringWriter _said = new();

    public void Dispose() => _said.Dispose();

    [Fact]
    public async Task A_system_that_a_stopped_run_left_behind_is_ended_and_its_files_are_deleted()
    {
        var folder = new TestFolder(Bus);
        var workspace = new Workspace(Directory.CreateDirectory(Path.Combine(folder.Path, "busorders-left")).FullName);
        using var sleeper = Process.Start("sleep", "600")!;
        StateFile.Write(workspace.StateFile, new SystemState
        {
            Kafka = new(KafkaState.Apache, "/opt/kafka", "127.0.0.1:5"),
            Addresses = new("127.0.0.1:8081", 8082, 1, 2, 3, 4),
            DatabaseSchema = "orders",
            Phase = Phase.Ready,
            Processes = new Dictionary<string, ProcessEntry> { [ProcessName.Redis] = new(ProcessIdentity.Of(sleeper.Id)!, "settings") },
        });

        await folder.ClearAsync();

        await sleeper.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal($"Stopped 1 processes that a test left behind in {workspace.Path}.\n", _said.ToString());
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public async Task What_cannot_be_ended_is_said_and_stays_and_the_rest_goes()
    {
        var folder = new TestFolder(Bus);
        var workspace = new Workspace(Directory.CreateDirectory(Path.Combine(folder.Path, "busorders-broken")).FullName);
        await File.WriteAllTextAsync(workspace.StateFile, "{", TestContext.Current.CancellationToken);
        var other = Directory.CreateDirectory(Path.Combine(folder.Path, "other")).FullName;

        await folder.ClearAsync();

        Assert.StartsWith($"{workspace.Path} is left behind: {workspace.StateFile} is not what bus wrote", _said.ToString());
        Assert.True(File.Exists(workspace.StateFile));
        Assert.False(Directory.Exists(other));
        Directory.Delete(folder.Path, recursive: true);
    }

    private BusContext Bus => new(new Terminal(_said, _said, interactive: false), "/nowhere", TimeProvider.System);
}
