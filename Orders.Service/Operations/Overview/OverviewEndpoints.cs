using Microsoft.AspNetCore.Mvc;
using Orders.Service.Failures;

namespace Orders.Service.Operations.Overview;

/// <summary>The overview, as a page at <c>/</c> and as JSON at <c>/api/status</c>.</summary>
internal static class OverviewEndpoints
{
    public static void MapOverview(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/", async (
            StatusQuery status, [FromServices] IngestPause? pause, TimeProvider clock, CancellationToken cancellationToken) => Layout.Answer(
                OverviewPage.Render(await status.ReadAsync(cancellationToken), pause?.Current, clock.GetUtcNow().UtcDateTime)));
        routes.MapRead("/api/status", async (StatusQuery status, CancellationToken cancellationToken) =>
            TypedResults.Json(await status.ReadAsync(cancellationToken), OperationsJson.Default.StatusAnswer));
    }
}
