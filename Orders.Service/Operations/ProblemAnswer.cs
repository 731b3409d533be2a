namespace Orders.Service.Operations;

/// <summary>Writes a <see cref="Problem"/>: problem+json below <c>/api</c> and <c>/health</c>, a page elsewhere.</summary>
internal sealed class ProblemAnswer(Problem problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var answered = problem with { TraceId = Problem.TraceIdOf(httpContext) };
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = "2";
        }

        var forPrograms = httpContext.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            || httpContext.Request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase);
        IResult answer = forPrograms
            ? TypedResults.Json(answered, OperationsJson.Default.Problem, "application/problem+json", problem.Status)
            : Layout.Answer(ProblemPage.Render(answered), problem.Status);
        return answer.ExecuteAsync(httpContext);
    }
}
