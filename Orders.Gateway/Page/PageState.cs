using Orders.Gateway.Serving;

namespace Orders.Gateway.Page;

/// <summary>What the page shows. Each state has its own words, status and look; none stands in for another.</summary>
internal abstract record PageState(string Uid)
{
    /// <summary>Nothing was asked for yet.</summary>
    public sealed record Start() : PageState("");

    /// <summary>The order is there.</summary>
    public sealed record Found(string Uid, OrderLookupResult Result) : PageState(Uid);

    /// <summary>Nobody knows the order; it may still be on its way.</summary>
    public sealed record NotFound(string Uid, OrderLookupResult Result) : PageState(Uid);

    /// <summary>What was entered cannot be a uid.</summary>
    public sealed record Invalid(string Uid, string Fault) : PageState(Uid);

    /// <summary>Nobody could be asked.</summary>
    public sealed record Unavailable(string Uid, string TraceId, int RetryAfterSeconds) : PageState(Uid);

    /// <summary>The word by which styles, scripts and tests tell the states apart.</summary>
    public string Name => this switch
    {
        Found => "found",
        NotFound => "not-found",
        Invalid => "invalid",
        Unavailable => "unavailable",
        _ => "start",
    };
}
