using System.Net;
using System.Net.Sockets;

namespace Orders.Tests.Servers;

/// <summary>Stands between clients and a server on loopback; what it does to a connection is its own kind's.</summary>
internal abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _server;
    private readonly Task _run;

    /// <param name="server">The port of the server.</param>
    protected LoopbackProxy(int server)
    {
        _server = server;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _run = Task.Run(RunAsync);
    }

    /// <summary>Where clients connect instead.</summary>
    public int Port { get; }

    /// <summary>Whether a client's connection is reset at the end, so that it cannot take the end for an answer.</summary>
    protected virtual bool Resets => false;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _run;
        _stopping.Dispose();
    }

    /// <summary>Carries what goes by until one of the two is gone, or the connection is to end; both streams are closed then.</summary>
    protected abstract Task CarryAsync(NetworkStream client, NetworkStream server, CancellationToken over);

    private async Task RunAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ConnectAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }

        await Task.WhenAll(connections);
    }

    private async Task ConnectAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, over.Token);
                await CarryAsync(client.GetStream(), server.GetStream(), over.Token);
            }
            catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two is gone; so is the connection then.
            }

            await over.CancelAsync();
            if (Resets)
            {
                client.LingerState = new LingerOption(true, 0);
            }
        }
    }
}
