using Orders.Tests.Servers;
using Orders.Tests.Tidy;
using Orders.Tools;
using Orders.Tools.Running;

namespace Orders.Tests.Starting;

/// <summary>A server that <c>bus up</c> starts and that does not come up.</summary>
[Trait("Category", "system")]
public sealed class FailedUpTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busorders-").FullName;

    private string KafkaHome => Path.Combine(_directory, "kafka-distribution");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_broker_that_ends_at_once_is_told_of_in_its_own_words_and_nothing_is_left_running()
    {
        await WriteScriptAsync("kafka-storage.sh", "exit 0");
        await WriteScriptAsync("kafka-server-start.sh", "echo 'No room for the log.'; exit 1");

        var up = await RunAsync("up", "--detach", "--address", "127.0.0.1:0");

        Assert.Equal(ExitCode.Unreachable, up.ExitCode);
        Assert.Matches("kafka.* ended (while it started|at once)", up.Errors);
        Assert.Contains("No room for the log.", up.Errors, StringComparison.Ordinal);
        var state = StateFile.Read(new Workspace(_directory))!;
        Assert.Equal(Phase.Failed, state.Phase);
        Assert.All(ProcessName.StopOrder, name => Assert.Null(state.Alive(name)));
        (await RunAsync("down")).Succeeded();
    }

    private async Task WriteScriptAsync(string name, string line)
    {
        var script = Path.Combine(Directory.CreateDirectory(Path.Combine(KafkaHome, "bin")).FullName, name);
        await File.WriteAllTextAsync(script, $"#!/bin/sh\n{line}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private Task<CommandResult> RunAsync(params string[] arguments) => Command.RunAsync(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Orders.Tools.dll"), .. arguments, "--dir", _directory],
        environment: new Dictionary<string, string?> { ["BUS_ROOT"] = SourceTree.Repository.PathOf("."), ["KAFKA_HOME"] = KafkaHome });
}
