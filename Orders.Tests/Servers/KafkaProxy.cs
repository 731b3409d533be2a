using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orders.Tests.Servers;

/// <summary>Stands between clients and a broker, which clients see at this address only.</summary>
/// <param name="broker">Its address, 127.0.0.1 and a port.</param>
internal abstract class KafkaProxy(string broker) : LoopbackProxy(IPEndPoint.Parse(broker).Port)
{
    private readonly byte[] _brokerAddress = Address(IPEndPoint.Parse(broker).Port);

    /// <summary>The way through this.</summary>
    public string Servers => $"{IPAddress.Loopback}:{Port}";

    /// <summary>What a new connection does with each request and each answer, given without their length: whether it goes on, and when.</summary>
    protected abstract (Func<Memory<byte>, Task<bool>> Ask, Func<Memory<byte>, Task<bool>> Answer) Meet(CancellationToken over);

    /// <summary>The key of a request (https://kafka.apache.org/protocol#protocol_api_keys).</summary>
    protected static short Kind(Memory<byte> request) => BinaryPrimitives.ReadInt16BigEndian(request.Span);

    /// <summary>The number that an answer begins with, and that its request has behind its kind and version.</summary>
    protected static int NumberOf(Memory<byte> answer) => BinaryPrimitives.ReadInt32BigEndian(answer.Span);

    protected override async Task CarryAsync(NetworkStream client, NetworkStream server, CancellationToken over)
    {
        var (ask, answer) = Meet(over);
        await Task.WhenAny(
            CarryFramesAsync(client, server, ask, over),
            CarryFramesAsync(
                server,
                client,
                frame =>
                {
                    ShowOwnAddress(frame.Span);
                    return answer(frame);
                },
                over));
    }

    private void ShowOwnAddress(Span<byte> answer)
    {
        for (var rest = answer; rest.IndexOf(_brokerAddress) is >= 0 and var at; rest = rest[(at + _brokerAddress.Length)..])
        {
            Address(Port).CopyTo(rest[at..]);
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
    private static async Task CarryFramesAsync(
        NetworkStream from, NetworkStream to, Func<Memory<byte>, Task<bool>> goesOn, CancellationToken cancellationToken)
    {
        var length = new byte[4];
        while (true)
        {
            await from.ReadExactlyAsync(length, cancellationToken);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await from.ReadExactlyAsync(frame, cancellationToken);
            if (await goesOn(frame))
            {
                await to.WriteAsync(length, cancellationToken);
                await to.WriteAsync(frame, cancellationToken);
            }
        }
    }
}
