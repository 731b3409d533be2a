using Orders.Tools.Down;
using Orders.Tools.Running;

namespace Orders.Tools.Testing;

/// <summary>
/// Where a run of the tests keeps its temporary files. Tests end the systems they start; those of a run that was stopped, or broke, are ended
/// with the folder, because their supervisors outlive whoever started them.
/// </summary>
internal sealed class TestFolder(BusContext bus)
{
    // The servers run as users of their own and only pass through.
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string Path { get; } = Create();

    /// <summary>Ends what runs in it, says so, and deletes it. What cannot be ended or deleted is said and stays.</summary>
    public async Task ClearAsync()
    {
        foreach (var directory in Directory.GetDirectories(Path))
        {
            await ClearAsync(directory);
        }

        if (Directory.GetDirectories(Path).Length == 0)
        {
            await ClearAsync(Path);
        }
    }

    private static string Create()
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"bus-test-{Guid.NewGuid().ToString("N")[..8]}"));

        // Not as the mode it is made with, from which the user's mask would take away.
        File.SetUnixFileMode(folder.FullName, Passable);
        return folder.FullName;
    }

    private async Task ClearAsync(string directory)
    {
        try
        {
            await StopAsync(new Workspace(directory));
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception failed) when (failed is BusException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            bus.Terminal.Say($"{directory} is left behind: {failed.Message}");
        }
    }

    private async Task StopAsync(Workspace workspace)
    {
        if (StateFile.Read(workspace) is null)
        {
            return;
        }

        using var patience = new CancellationTokenSource(Patience, bus.Time);
        var stopped = await DownVerb.StopAsync(bus, workspace, patience.Token);
        if (stopped > 0)
        {
            bus.Terminal.Say($"Stopped {stopped} processes that a test left behind in {workspace.Path}.");
        }
    }
}
