using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Orders.Tests.Servers;

/// <summary>
/// A private Postgres cluster on a free loopback port, in a temporary directory of its own. It ends with its <see cref="DisposeAsync"/>,
/// and also when the test process is killed: the shell that holds it stops it and clears up once its input closes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The cluster's superuser; the cluster trusts every connection from this machine.</summary>
    public const string Superuser = "postgres";

    private const int PortAttempts = 3;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    // A line on the input means stop and keep the data; the input's end means that nobody is left who could want it.
    private const string Holder = """
        directory=$1; shift
        "$@" >&2 & server=$!
        echo "$server"
        exec 2>/dev/null
        if read -r stop; then kill -INT "$server"; wait "$server"
        else kill -INT "$server"; wait "$server"; rm -rf "$directory"; fi
        exit 0
        """;

    private readonly string _directory;
    private Process? _holder;
    private Task _logReader = Task.CompletedTask;

    private PostgresServer(string directory) => _directory = directory;

    /// <summary>Where the server listens, on 127.0.0.1; the same after <see cref="StartAgainAsync"/>.</summary>
    public int Port { get; private set; }

    /// <summary>The id of the server's first process, for tests that stop or kill it hard.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Initialises a cluster and waits until it takes connections.</summary>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new PostgresServer(Directory.CreateTempSubdirectory("busorders-postgres-").FullName);
        try
        {
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync(["chown", $"{Superuser}:", server._directory], cancellationToken);
            }

            await RunAsync(
                [
                    .. AsServerUser(), Binary("initdb"), "-D", server.Data, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale=C",
                    "--no-sync",
                ],
                cancellationToken);
            await server.StartOnFreePortAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string for <paramref name="database"/> as <paramref name="user"/>, by default the superuser.</summary>
    public string ConnectionString(string database = Superuser, string user = Superuser) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = user,
        Timeout = 5,
        IncludeErrorDetail = true,
    }.ConnectionString;

    /// <summary>Creates an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString());
        await using var create = source.CreateCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        await create.ExecuteNonQueryAsync(cancellationToken);
        return ConnectionString(name);
    }

    /// <summary>Stops the server in order (open transactions are rolled back); the data stays for <see cref="StartAgainAsync"/>.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_holder is not { } holder)
        {
            return;
        }

        _holder = null;
        using (holder)
        {
            try
            {
                await holder.StandardInput.WriteLineAsync("stop".AsMemory(), cancellationToken);
                await holder.StandardInput.FlushAsync(cancellationToken);
            }
            catch (IOException)
            {
                // The holder is gone already, and the server with it.
            }

            try
            {
                await Task.WhenAll(holder.WaitForExitAsync(cancellationToken), _logReader).WaitAsync(StopPatience, cancellationToken);
            }
            catch (TimeoutException)
            {
                // A test that failed while the server was frozen, or a server that is stuck: no test run waits for it for ever.
                holder.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Starts a stopped server on its old port with its old data.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await LaunchAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private string Data => Path.Combine(_directory, "data");

    private async Task StartOnFreePortAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Port = ((IPEndPoint)probe.LocalEndpoint).Port;
            }

            try
            {
                await LaunchAsync(cancellationToken);
                return;
            }
            catch (InvalidOperationException) when (attempt < PortAttempts)
            {
                // Somebody took the port between the probe and the server.
            }
        }
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        // fsync guards against the loss of the machine, not of the server's process, and no test takes the machine away.
        string[] settings =
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off", "max_connections=200"];
        _holder = Launch(
        [
            "sh", "-c", Holder, "sh", _directory, .. AsServerUser(), Binary("postgres"), "-D", Data,
            "-p", Port.ToString(CultureInfo.InvariantCulture), .. settings.SelectMany(setting => new[] { "-c", setting }),
        ]);
        var id = await _holder.StandardOutput.ReadLineAsync(cancellationToken);
        ProcessId = int.Parse(id ?? "0", CultureInfo.InvariantCulture);

        var log = new StringBuilder();
        while (await _holder.StandardError.ReadLineAsync(cancellationToken) is { } line)
        {
            log.AppendLine(line);
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                // Read on, or the server blocks once the pipe is full.
                _logReader = _holder.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return;
            }
        }

        await StopAsync(cancellationToken);
        throw new InvalidOperationException($"Postgres did not start on port {Port}:{Environment.NewLine}{log}");
    }

    private static string Binary(string name)
    {
        const string debian = "/usr/lib/postgresql";
        var newest = Directory.Exists(debian)
            ? Directory.GetDirectories(debian).MaxBy(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
            : null;
        return newest is null ? name : Path.Combine(newest, "bin", name);
    }

    private static string[] AsServerUser() => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={Superuser}", $"--regid={Superuser}", "--init-groups"]
        : [];

    private static Process Launch(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"Could not start '{command[0]}'.");
    }

    private static async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var process = Launch(command);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {errors}{await output}");
        }
    }
}
