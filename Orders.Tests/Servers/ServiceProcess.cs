using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Orders.Tests.Servers;

/// <summary>Orders.Service as a process of its own, on a database and a Kafka that the test controls.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    private ServiceProcess(Process process, Uri operations)
    {
        _process = process;
        Operations = new HttpClient { BaseAddress = operations };

        // Read on, or the service blocks once the pipe is full.
        _output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    public HttpClient Operations { get; }

    /// <summary>Creates the schema and the roles in an empty database.</summary>
    public static async Task MigrateAsync(string connectionString) => (await Command.RunAsync(
        "dotnet", [Binary, "migrate"], input: null, new Dictionary<string, string?> { ["ConnectionStrings__Orders"] = connectionString })).Succeeded();

    public static ServiceProcess Start(string connectionString, string kafka)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var operations = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        var start = new ProcessStartInfo("dotnet", [Binary])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["ConnectionStrings__Orders"] = new NpgsqlConnectionStringBuilder(connectionString) { Username = "busorders_service" }.ConnectionString,
                ["Kafka__BootstrapServers"] = kafka,
                ["Operations__Url"] = operations,
            },
        };
        return new ServiceProcess(Process.Start(start)!, new Uri(operations));
    }

    /// <summary>200 when ready, 503 when not, 0 when nobody answers.</summary>
    public async Task<int> ReadyAsync()
    {
        try
        {
            using var answer = await Operations.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Not started yet.
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Operations.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    private static string Binary => Path.Combine(AppContext.BaseDirectory, "Orders.Service.dll");
}
