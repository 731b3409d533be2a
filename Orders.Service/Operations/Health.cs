namespace Orders.Service.Operations;

/// <summary>What <c>/health/…</c> answers.</summary>
internal sealed record HealthAnswer(string Status, IReadOnlyList<string> Reasons);

/// <summary><c>/health/live</c> (the process answers) and <c>/health/ready</c> (every <see cref="IReadinessCheck"/> holds).</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/health/live", () => TypedResults.Json(new HealthAnswer("live", []), OperationsJson.Default.HealthAnswer));
        routes.MapRead("/health/ready", (Readiness readiness) =>
        {
            var reasons = readiness.WhyNotReady();
            return reasons.Count == 0
                ? TypedResults.Json(new HealthAnswer("ready", reasons), OperationsJson.Default.HealthAnswer)
                : TypedResults.Json(
                    new HealthAnswer("not_ready", reasons),
                    OperationsJson.Default.HealthAnswer,
                    statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }

    /// <summary>Maps a read: GET, and HEAD, which <c>MapGet</c> alone would refuse.</summary>
    public static void MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler);
}
