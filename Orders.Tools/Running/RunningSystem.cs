namespace Orders.Tools.Running;

/// <summary>A system as a verb finds it by <c>--dir</c>.</summary>
internal sealed record RunningSystem(Workspace Workspace, SystemState State)
{
    public Connections Connections => Connections.Of(State, Workspace);

    /// <summary>The running system of that directory, or an error that names the directory looked at.</summary>
    public static RunningSystem Find(string? asked, string root)
    {
        var workspace = Workspace.Of(asked, root);
        var state = StateFile.Read(workspace);
        return state is not null && state.Alive(ProcessName.Supervisor) is not null
            ? new(workspace, state)
            : throw BusException.Unreachable($"No system runs in --dir {workspace.Path}. Start it with: bus up --detach");
    }
}
