using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Orders.Tests.Gateway;

public sealed class ApiDescriptionTests
{
    [Fact]
    public async Task The_description_names_every_address_there_is_and_no_other()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        using var response = await gateway.SendAsync("/openapi/v1.json");
        var description = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        var routes = gateway.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(route => route.RoutePattern.RawText!)
            .Where(route => !route.StartsWith("/assets/", StringComparison.Ordinal))
            // Ends the pipeline before there is any routing.
            .Append("/order/{uid}");

        Assert.Equal(
            routes.Order(StringComparer.Ordinal),
            description.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        Assert.StartsWith("3.1", description.GetProperty("openapi").GetString(), StringComparison.Ordinal);
    }
}
