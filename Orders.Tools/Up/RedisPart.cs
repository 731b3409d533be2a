using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// A private Redis on loopback with a password; a cache, so it keeps nothing on disk and forgets the least used when full.
/// </summary>
internal sealed class RedisPart(Supervision supervision) : Part(ProcessName.Redis, supervision)
{
    private string Home => Supervision.Workspace.In("redis");

    private string Configuration => Path.Combine(Home, "redis.conf");

    protected override TimeSpan Patience => TimeSpan.FromSeconds(20);

    protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // The password goes by file: a command line is everybody's to read.
        var settings = string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1
            port {Supervision.State.Addresses.Redis}
            requirepass {Secrets.Of(Supervision.Workspace).Redis}
            dir "{Home}"
            save ""
            appendonly no
            maxmemory 128mb
            maxmemory-policy allkeys-lru

            """);
        await using var stream = new FileStream(Configuration, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await stream.WriteAsync(Encoding.UTF8.GetBytes(settings), cancellationToken);
    }

    // The port stands in the arguments too, so that a server on another one is not taken over.
    protected override Launch Describe() => new(
        Log,
        Programs.Find("redis-server") ?? throw BusException.Unreachable("redis-server is not installed. Run: apt-get install redis-server"),
        [Configuration, "--port", Supervision.State.Addresses.Redis.ToString(CultureInfo.InvariantCulture)]);

    protected override async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Supervision.State.Addresses.Redis, cancellationToken);
        await using var stream = client.GetStream();
        var question = $"AUTH {Secrets.Of(Supervision.Workspace).Redis}\r\nPING\r\nQUIT\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return (await reader.ReadToEndAsync(cancellationToken)).Contains("+PONG", StringComparison.Ordinal);
    }
}
