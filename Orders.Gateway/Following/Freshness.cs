namespace Orders.Gateway.Following;

/// <summary>Whether events arrive in time. While they do not, what the cache holds is checked against the database.</summary>
internal sealed class Freshness(Func<bool> eventsKeepUp, Func<string> state)
{
    public bool IsAssured => eventsKeepUp();

    /// <summary>For a person.</summary>
    public string State => state();
}
