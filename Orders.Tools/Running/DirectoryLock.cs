namespace Orders.Tools.Running;

/// <summary>
/// One at a time: held by <c>up</c> and <c>down</c> while they change a system, and by its supervisor for its whole life.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>The lock, or null if another process holds it.</summary>
    public static DirectoryLock? TryTake(Workspace workspace, string name)
    {
        try
        {
            return new(new FileStream(workspace.In($"{name}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static async Task<DirectoryLock> TakeAsync(
        Workspace workspace, string name, BusContext bus, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        var said = false;
        while (true)
        {
            if (TryTake(workspace, name) is { } taken)
            {
                return taken;
            }

            if (!said)
            {
                bus.Terminal.Say($"Another bus up or bus down is at work in {workspace.Path}; waiting for it.");
                said = true;
            }

            if (bus.Time.GetElapsedTime(start) > patience)
            {
                throw BusException.Failed(
                    $"Another bus up or bus down has been at work in {workspace.Path} for {patience.TotalSeconds:0} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), bus.Time, cancellationToken);
        }
    }

    public void Dispose() => _file.Dispose();
}
