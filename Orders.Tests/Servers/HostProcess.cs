using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Orders.Tests.Servers;

/// <summary>One of the two hosts as a process of its own, on a database and a Kafka that the test controls.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    private HostProcess(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = address };

        // Read on, or the host blocks once the pipe is full.
        _output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    /// <summary>For the host's port; addresses are relative to it.</summary>
    public HttpClient Http { get; }

    /// <summary>Creates the schema and the roles in an empty database.</summary>
    public static async Task MigrateAsync(string connectionString) => (await Command.RunAsync(
        "dotnet",
        [BinaryOf("Orders.Service"), "migrate"],
        input: null,
        new Dictionary<string, string?> { ["ConnectionStrings__Orders"] = connectionString })).Succeeded();

    public static HostProcess StartService(string connectionString, string kafka) =>
        Start("Orders.Service", "busorders_service", connectionString, kafka, "Operations__Url");

    public static HostProcess StartGateway(string connectionString, string kafka) =>
        Start("Orders.Gateway", "busorders_gateway", connectionString, kafka, "Gateway__Url");

    /// <summary>200 when ready, 503 when not, 0 when nobody answers.</summary>
    public async Task<int> ReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Not started yet.
            return 0;
        }
    }

    /// <summary>What the host says about its readiness.</summary>
    public async Task<string> WhyNotReadyAsync()
    {
        using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Its id, for signals.</summary>
    public int Id => _process.Id;

    /// <summary>Asks it to stop in order, and returns how it ended.</summary>
    public async Task<int> StopAsync()
    {
        await Signal.SendAsync(_process.Id, "TERM");
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends it without a word.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await Task.WhenAll(_process.WaitForExitAsync(), _output).WaitAsync(TimeSpan.FromSeconds(30));
        _process.Dispose();
    }

    private static HostProcess Start(string host, string role, string connectionString, string kafka, string addressSetting)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        var start = new ProcessStartInfo("dotnet", [BinaryOf(host)])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["ConnectionStrings__Orders"] = new NpgsqlConnectionStringBuilder(connectionString) { Username = role }.ConnectionString,
                ["Kafka__BootstrapServers"] = kafka,
                [addressSetting] = address,
            },
        };
        return new HostProcess(Process.Start(start)!, new Uri(address));
    }

    private static string BinaryOf(string host) => Path.Combine(AppContext.BaseDirectory, $"{host}.dll");
}
