using Bus.Caching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orders.Gateway;
using Orders.Gateway.Following;
using Orders.Gateway.Page;
using Orders.Gateway.Priming;
using Orders.Gateway.Serving;
using Orders.Tests.Caching;

namespace Orders.Tests.Gateway;

/// <summary>The gateway's own pipeline on a real Kestrel and a port of its own; only the orders come from a fake.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayUnderTest(WebApplication app, FakeOrigin origin, Switch events)
    {
        _app = app;
        Origin = origin;
        Events = events;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        };
    }

    public FakeOrigin Origin { get; }

    public Switch Events { get; }

    public HttpClient Http { get; }

    public WebApplication App => _app;

    public TieredCache Cache => _app.Services.GetRequiredService<TieredCache>();

    public Readiness Readiness => _app.Services.GetRequiredService<Readiness>();

    public static async Task<GatewayUnderTest> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--Gateway:Url=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.AddGatewayHost();
        var (origin, events) = (new FakeOrigin(), new Switch());
        builder.Services.AddSingleton<ICacheOrigin>(origin);
        builder.Services.AddTieredCache<FakeOrigin>();
        builder.Services.AddSingleton(new Freshness(() => events.KeepUp, () => "is behind"));
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddOrderServing();
        var app = builder.Build();
        app.UseOrders();
        app.UseProblems();
        app.MapOrderPage();
        app.MapHealth();
        app.MapApiDescription();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new GatewayUnderTest(app, origin, events);
    }

    public async Task<HttpResponseMessage> SendAsync(
        string address, HttpMethod? method = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<(int Status, string Text)> PageAsync(string address)
    {
        using var response = await SendAsync(address, null, ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>Whether events keep up.</summary>
    internal sealed class Switch
    {
        public bool KeepUp { get; set; } = true;
    }
}
