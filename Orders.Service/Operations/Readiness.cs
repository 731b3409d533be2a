namespace Orders.Service.Operations;

/// <summary>One thing the service needs to do its work. Asked within a request: the answer comes from memory, never from I/O.</summary>
internal interface IReadinessCheck
{
    /// <summary>What is checked, in a word or two: <c>ingest</c>, <c>postgres</c>, <c>relay</c>.</summary>
    string Name { get; }

    /// <summary>A sentence that says what is missing, or null when nothing is.</summary>
    string? WhyNotReady();
}

/// <summary>Asks every registered check.</summary>
internal sealed class Readiness(IEnumerable<IReadinessCheck> checks)
{
    private readonly IReadinessCheck[] _checks = [.. checks];

    /// <summary>Why the service is not ready; empty when it is.</summary>
    public IReadOnlyList<string> WhyNotReady() =>
    [
        .. from check in _checks
           let why = check.WhyNotReady()
           where why is not null
           select $"{check.Name}: {why}",
    ];
}
