using Orders.Tools;
using Orders.Tools.Running;

namespace Orders.Tests.Tools;

public sealed class StateFileTests : IDisposable
{
    private readonly Workspace _workspace = new(Directory.CreateTempSubdirectory("bus-state").FullName);

    public void Dispose() => Directory.Delete(_workspace.Path, recursive: true);

    [Fact]
    public void What_was_written_is_read_and_is_for_its_owner_only()
    {
        var state = State() with
        {
            Phase = Phase.Ready,
            Steps = [new("redis", 0.2, "127.0.0.1:1")],
            Processes = new Dictionary<string, ProcessEntry> { [ProcessName.Redis] = new(ProcessIdentity.Current, "settings") },
        };
        StateFile.Write(_workspace.StateFile, state);
        var read = StateFile.Read(_workspace)!;
        Assert.Equal((state.Phase, state.Addresses, state.Kafka), (read.Phase, read.Addresses, read.Kafka));
        Assert.Equal(state.Steps, read.Steps);
        Assert.Equal(ProcessIdentity.Current, read.Alive(ProcessName.Redis));
        Assert.Null(read.Without(ProcessName.Redis).Alive(ProcessName.Redis));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_workspace.StateFile));
        Assert.Equal([_workspace.StateFile], Directory.GetFiles(_workspace.Path));
    }

    [Fact]
    public void Before_the_first_start_there_is_none() => Assert.Null(StateFile.Read(_workspace));

    [Fact]
    public void Ends_are_counted_by_process_and_told_in_a_sentence()
    {
        var (first, second) = (new DateTimeOffset(2026, 11, 29, 5, 6, 7, TimeSpan.Zero), new DateTimeOffset(2026, 11, 29, 8, 9, 10, TimeSpan.Zero));
        var redis = new Dictionary<string, ProcessEntry> { [ProcessName.Redis] = new(ProcessIdentity.Current, "settings") };
        var state = (State() with { Processes = redis })
            .Ended(ProcessName.Redis, first, "exit code 1")
            .Ended(ProcessName.Redis, second, "exit code 2")
            .Ended(ProcessName.Kafka, first, "exit code 3");
        StateFile.Write(_workspace.StateFile, state);
        var read = StateFile.Read(_workspace)!;

        var logs = _workspace.In("logs");
        Assert.Equal(
            $"redis ended unasked 2 times, last at 2026-11-29 08:09:10Z: exit code 2. Logs: {logs}/redis.log, {logs}/supervisor.log",
            read.Ends[ProcessName.Redis].Sentence(ProcessName.Redis, _workspace));
        Assert.StartsWith(
            "kafka ended unasked once, at 2026-11-29 05:06:07Z: exit code 3. Logs: ",
            read.Ends[ProcessName.Kafka].Sentence(ProcessName.Kafka, _workspace),
            StringComparison.Ordinal);

        // Who waits for the system must see what is missing.
        Assert.Equal([ProcessName.Redis], read.Processes.Keys);
    }

    [Fact]
    public void A_state_from_before_ends_were_counted_has_none()
    {
        StateFile.Write(_workspace.StateFile, State());
        var document = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(_workspace.StateFile))!.AsObject();
        Assert.True(document.Remove("ends"));
        File.WriteAllText(_workspace.StateFile, document.ToJsonString());
        Assert.Empty(StateFile.Read(_workspace)!.Ends);
    }

    [Fact]
    public void A_broken_file_is_named()
    {
        File.WriteAllText(_workspace.StateFile, "{");
        Assert.StartsWith(
            $"{_workspace.StateFile} is not what bus wrote", Assert.Throws<BusException>(() => StateFile.Read(_workspace)).Message);
    }

    [Fact]
    public void Passwords_are_made_once()
    {
        var made = Secrets.Of(_workspace);
        Assert.Equal(made, Secrets.Of(_workspace));
        Assert.Equal(5, new[] { made.Superuser, made.Owner, made.Service, made.Gateway, made.Redis }.Distinct().Count());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_workspace.SecretsFile));
    }

    [Fact]
    public void One_lock_is_held_by_one_at_a_time()
    {
        using (DirectoryLock.TryTake(_workspace, "up")!)
        {
            Assert.Null(DirectoryLock.TryTake(_workspace, "up"));
            using var other = DirectoryLock.TryTake(_workspace, "supervisor");
            Assert.NotNull(other);
        }

        using var free = DirectoryLock.TryTake(_workspace, "up");
        Assert.NotNull(free);
    }

    [Fact]
    public void A_verb_that_finds_no_system_names_the_directory_it_looked_at()
    {
        StateFile.Write(_workspace.StateFile, State());
        var refused = Assert.Throws<BusException>(() => RunningSystem.Find(_workspace.Path, "/nowhere"));
        Assert.Equal(ExitCode.Unreachable, refused.ExitCode);
        Assert.Equal($"No system runs in --dir {_workspace.Path}. Start it with: bus up --detach", refused.Message);
    }

    private static SystemState State() => new()
    {
        Kafka = new(KafkaState.Apache, "/opt/kafka", "127.0.0.1:5"),
        Addresses = new("127.0.0.1:8081", 8082, 1, 2, 3, 4),
        DatabaseSchema = "orders",
    };
}
