using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>What a supervisor shares with the parts it looks after: the state, which it alone writes while it lives.</summary>
internal sealed class Supervision(BusContext bus, Workspace workspace, SystemState state)
{
    private readonly Lock _gate = new();
    private SystemState _state = state;

    public BusContext Bus { get; } = bus;

    public Workspace Workspace { get; } = workspace;

    public SystemState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    public Connections Connections => Connections.Of(State, Workspace);

    public void Update(Func<SystemState, SystemState> change)
    {
        lock (_gate)
        {
            _state = change(_state);
            StateFile.Write(Workspace.StateFile, _state);
        }
    }

    /// <summary>Notes a finished step for the <c>up</c> that waits.</summary>
    public void Finished(string name, TimeSpan took, string text) =>
        Update(state => state with { Steps = [.. state.Steps, new Step(name, took.TotalSeconds, text)] });

    public void Log(string message) => Bus.Terminal.Say($"{Bus.Time.GetUtcNow():yyyy-MM-dd HH:mm:ss.fff} {message}");
}
