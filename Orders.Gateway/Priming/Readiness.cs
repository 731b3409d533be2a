namespace Orders.Gateway.Priming;

/// <summary>Whether the gateway may take traffic, and if not, what it waits for.</summary>
internal sealed class Readiness
{
    private volatile string? _waitsFor = "the ends of order-events are not noted yet";

    /// <summary>For a person; null once primed. It never goes back: with everything else gone, L1 still answers.</summary>
    public string? WaitsFor
    {
        get => _waitsFor;
        set => _waitsFor = value;
    }

    public bool IsReady => _waitsFor is null;
}
