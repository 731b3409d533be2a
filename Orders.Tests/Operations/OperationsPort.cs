using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orders.Service.Failures;
using Orders.Service.Operations;
using Orders.Service.Storage;

namespace Orders.Tests.Operations;

/// <summary>The operations port on a real Kestrel and a free port, with a replay that ends as the test says.</summary>
internal sealed class OperationsPort : IAsyncDisposable
{
    /// <summary>Nothing listens on port 1 of this machine.</summary>
    public const string NoDatabase = "Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=2";

    private readonly WebApplication _app;

    private OperationsPort(WebApplication app, FakeReplay replay)
    {
        _app = app;
        Replay = replay;
        Url = new Uri(app.Urls.Single());
        Client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public FakeReplay Replay { get; }

    public static async Task<OperationsPort> StartAsync(string connectionString = NoDatabase, params IReadinessCheck[] checks)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Operations:Url", "http://127.0.0.1:0")]);
        var replay = new FakeReplay();
        builder.Services.AddDbContext<OrdersDbContext>(options => options.UseNpgsql(connectionString));
        builder.Services.AddSingleton<IDeadLetterReplay>(replay);
        foreach (var check in checks)
        {
            builder.Services.AddSingleton(check);
        }

        builder.AddOperations();
        var app = builder.Build();
        app.MapOperations();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new OperationsPort(app, replay);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, null, headers);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

/// <summary>Ends as it is told and remembers who asked for what.</summary>
internal sealed class FakeReplay : IDeadLetterReplay
{
    public ReplayResult Result { get; set; } = new(ReplayStatus.Resolved, "stored", "The order was stored as version 1.");

    public Exception? Failure { get; set; }

    public List<(long Id, string Actor)> Asked { get; } = [];

    public Task<ReplayResult> ReplayAsync(long deadLetterId, string actor, CancellationToken cancellationToken)
    {
        Asked.Add((deadLetterId, actor));
        return Failure is null ? Task.FromResult(Result) : Task.FromException<ReplayResult>(Failure);
    }
}

/// <summary>A check with a fixed answer.</summary>
internal sealed class FixedCheck(string name, string? why) : IReadinessCheck
{
    public string Name => name;

    public string? WhyNotReady() => why;
}
