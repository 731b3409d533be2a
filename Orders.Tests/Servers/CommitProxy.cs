using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Orders.Tests.Servers;

/// <summary>
/// Stands between a service and Postgres and breaks connections at the one moment that matters: some commits are carried out and their answer is
/// swallowed, some never reach the server. The client sees the same both times: its connection is reset.
/// </summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    /// <summary>How the driver's simple query for a commit ends on the wire.</summary>
    private static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly int _port;
    private readonly Task _run;
    private volatile bool _isArmed;
    private int _commits;
    private int _swallowed;
    private int _withheld;

    public CommitProxy(string connectionString, int seed)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        _port = server.Port;
        _random = new Random(seed);
        _listener.Start();

        // Encryption would hide what goes by.
        server.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        server.SslMode = SslMode.Disable;
        ConnectionString = server.ConnectionString;
        _run = RunAsync();
    }

    /// <summary>The way through this.</summary>
    public string ConnectionString { get; }

    /// <summary>From now on a third of all commits is broken, in one way or the other.</summary>
    public bool IsArmed
    {
        set => _isArmed = value;
    }

    /// <summary>How many commits came by.</summary>
    public int Commits => Volatile.Read(ref _commits);

    /// <summary>How many commits the server carried out and the client never heard of.</summary>
    public int Swallowed => Volatile.Read(ref _swallowed);

    /// <summary>How many commits never reached the server.</summary>
    public int Withheld => Volatile.Read(ref _withheld);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _run;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }

        await Task.WhenAll(connections);
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fate = Fate.Arrives;
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _port, over.Token);
                var (near, far) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(UpAsync(), DownAsync());

                async Task UpAsync()
                {
                    var buffer = new byte[64 * 1024];
                    while (await near.ReadAsync(buffer, over.Token) is > 0 and var count)
                    {
                        fate = FateOf(buffer.AsSpan(0, count));
                        if (fate == Fate.IsWithheld)
                        {
                            return;
                        }

                        await far.WriteAsync(buffer.AsMemory(0, count), over.Token);
                        if (fate == Fate.IsSwallowed)
                        {
                            await answered.Task.WaitAsync(over.Token);
                            return;
                        }
                    }
                }

                async Task DownAsync()
                {
                    var buffer = new byte[64 * 1024];
                    while (await far.ReadAsync(buffer, over.Token) is > 0 and var count)
                    {
                        if (fate == Fate.IsSwallowed)
                        {
                            answered.TrySetResult();
                        }
                        else
                        {
                            await near.WriteAsync(buffer.AsMemory(0, count), over.Token);
                        }
                    }
                }
            }
            catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two is gone; so is the connection then.
            }

            await over.CancelAsync();

            // A reset, not an end: the client cannot take it for an answer.
            client.LingerState = new LingerOption(true, 0);
        }
    }

    private Fate FateOf(ReadOnlySpan<byte> sent)
    {
        if (!sent.EndsWith(Commit))
        {
            return Fate.Arrives;
        }

        Interlocked.Increment(ref _commits);
        if (!_isArmed)
        {
            return Fate.Arrives;
        }

        int roll;
        lock (_lock)
        {
            roll = _random.Next(12);
        }

        switch (roll)
        {
            case < 3:
                Interlocked.Increment(ref _swallowed);
                return Fate.IsSwallowed;
            case 3:
                Interlocked.Increment(ref _withheld);
                return Fate.IsWithheld;
            default:
                return Fate.Arrives;
        }
    }

    private enum Fate
    {
        Arrives,
        IsSwallowed,
        IsWithheld,
    }
}
