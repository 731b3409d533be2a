using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orders.Tests.Servers;

/// <summary>
/// Stands between a client and a broker on loopback. Told to hold, it keeps back an answer to the question where logs end, and all that follows it on
/// that connection: the broker seems to hang for the one who asked.
/// </summary>
internal sealed class LookProxy : IAsyncDisposable
{
    /// <summary>The key of a request for offsets (https://kafka.apache.org/protocol#protocol_api_keys).</summary>
    private const short ListOffsets = 2;

    /// <summary>The time in such a request, -2, that asks where a log begins.</summary>
    private static readonly byte[] Beginning = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _askedAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IPEndPoint _broker;
    private readonly byte[] _brokerAddress;
    private readonly byte[] _ownAddress;
    private readonly Task _run;
    private volatile bool _isHolding;

    public LookProxy(string broker)
    {
        _broker = IPEndPoint.Parse(broker);
        _listener.Start();
        _brokerAddress = Address(_broker);
        _ownAddress = Address((IPEndPoint)_listener.LocalEndpoint);
        _run = RunAsync();
    }

    /// <summary>The way through this.</summary>
    public string Servers => _listener.LocalEndpoint.ToString()!;

    /// <summary>The next answer that says where logs end is held back; completes when the broker has given it.</summary>
    public Task HoldAsync()
    {
        _isHolding = true;
        return _held.Task;
    }

    /// <summary>What was held goes on its way, and nothing is held any more; completes at the next question about logs.</summary>
    public Task ReleaseAsync()
    {
        _isHolding = false;
        _released.TrySetResult();
        return _askedAgain.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _run;
        _stopping.Dispose();
    }

    // As the broker writes where it is: host and port, the port as four bytes.
    private static byte[] Address(IPEndPoint place)
    {
        var port = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(port, place.Port);
        return [.. Encoding.ASCII.GetBytes(place.Address.ToString()), .. port];
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
        var holdsFor = -1;
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_broker, over.Token);
                var (near, far) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(CarryFramesAsync(near, far, AskAsync, over.Token), CarryFramesAsync(far, near, AnswerAsync, over.Token));
            }
            catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException)
            {
                // One of the two is gone; so is the connection then.
            }

            await over.CancelAsync();
        }

        Task AskAsync(Memory<byte> request)
        {
            if (BinaryPrimitives.ReadInt16BigEndian(request.Span) == ListOffsets)
            {
                if (_released.Task.IsCompleted)
                {
                    _askedAgain.TrySetResult();
                }

                if (_isHolding && request.Span.IndexOf(Beginning) < 0)
                {
                    // Behind its kind and version a request has a number, which its answer begins with.
                    Volatile.Write(ref holdsFor, BinaryPrimitives.ReadInt32BigEndian(request.Span[4..]));
                }
            }

            return Task.CompletedTask;
        }

        async Task AnswerAsync(Memory<byte> answer)
        {
            for (var rest = answer.Span; rest.IndexOf(_brokerAddress) is >= 0 and var at; rest = rest[(at + _brokerAddress.Length)..])
            {
                _ownAddress.CopyTo(rest[at..]);
            }

            if (BinaryPrimitives.ReadInt32BigEndian(answer.Span) == Volatile.Read(ref holdsFor))
            {
                _held.TrySetResult();
                await _released.Task.WaitAsync(over.Token);
            }
        }
    }

    /// <summary>A frame is its length, in four bytes, and so many bytes.</summary>
    private static async Task CarryFramesAsync(NetworkStream from, NetworkStream to, Func<Memory<byte>, Task> each, CancellationToken cancellationToken)
    {
        var length = new byte[4];
        while (true)
        {
            await from.ReadExactlyAsync(length, cancellationToken);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await from.ReadExactlyAsync(frame, cancellationToken);
            await each(frame);
            await to.WriteAsync(length, cancellationToken);
            await to.WriteAsync(frame, cancellationToken);
        }
    }
}
