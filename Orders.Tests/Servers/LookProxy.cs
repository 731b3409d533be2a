using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orders.Tests.Servers;

/// <summary>
/// Stands between clients and a broker. Told to hold, it keeps back an answer to the question where logs end, and all that follows it on
/// that connection: the broker seems to hang for the one who asked.
/// </summary>
internal sealed class LookProxy : LoopbackProxy
{
    /// <summary>The key of a request for offsets (https://kafka.apache.org/protocol#protocol_api_keys).</summary>
    private const short ListOffsets = 2;

    /// <summary>The time in such a request, -2, that asks where a log begins.</summary>
    private static readonly byte[] Beginning = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE];

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _askedAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _brokerAddress;
    private readonly byte[] _ownAddress;
    private volatile bool _isHolding;

    /// <param name="broker">Its address, 127.0.0.1 and a port.</param>
    public LookProxy(string broker)
        : base(IPEndPoint.Parse(broker).Port)
    {
        _brokerAddress = Address(IPEndPoint.Parse(broker).Port);
        _ownAddress = Address(Port);
    }

    /// <summary>The way through this.</summary>
    public string Servers => $"{IPAddress.Loopback}:{Port}";

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

    protected override async Task CarryAsync(NetworkStream client, NetworkStream server, CancellationToken over)
    {
        var holdsFor = -1;
        await Task.WhenAny(CarryFramesAsync(client, server, AskAsync, over), CarryFramesAsync(server, client, AnswerAsync, over));

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
                await _released.Task.WaitAsync(over);
            }
        }
    }

    // As the broker writes where it is: host and port, the port as four bytes.
    private static byte[] Address(int port)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, port);
        return [.. Encoding.ASCII.GetBytes(IPAddress.Loopback.ToString()), .. bytes];
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
