using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Orders.Tools.Running;

/// <summary>Chooses ports that nobody listens on.</summary>
internal static class Ports
{
    // Below the range that Linux hands out to outgoing connections, so that a kept port is still free at the next start.
    private const int Lowest = 20_000;
    private const int Highest = 32_000;
    private const int Attempts = 200;

    /// <summary>A free port on loopback that is not in <paramref name="taken"/>, which it joins.</summary>
    public static int Free(ISet<int> taken, Func<IPEndPoint, bool>? isFree = null)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(Lowest, Highest);
            if (!taken.Contains(port) && (isFree ?? IsFree)(new IPEndPoint(IPAddress.Loopback, port)))
            {
                taken.Add(port);
                return port;
            }
        }

        throw BusException.Failed($"No free port between {Lowest} and {Highest} was found in {Attempts} attempts.");
    }

    /// <summary><paramref name="kept"/> if it is free, else another one.</summary>
    public static int KeepOrFree(int kept, ISet<int> taken, Func<IPEndPoint, bool>? isFree = null)
    {
        if (kept > 0 && !taken.Contains(kept) && (isFree ?? IsFree)(new IPEndPoint(IPAddress.Loopback, kept)))
        {
            taken.Add(kept);
            return kept;
        }

        return Free(taken, isFree);
    }

    public static bool IsFree(IPEndPoint endPoint)
    {
        // As servers do: a port whose last connections are still fading out counts as free.
        using var probe = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            probe.Bind(endPoint);
            probe.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads <c>HOST:PORT</c>; <c>:PORT</c> and <c>PORT</c> mean loopback.</summary>
    public static IPEndPoint Parse(string address)
    {
        var colon = address.LastIndexOf(':');
        var host = colon <= 0 ? "127.0.0.1" : address[..colon];
        if (host == "localhost")
        {
            host = "127.0.0.1";
        }

        if (!IPAddress.TryParse(host, out var ip)
            || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw BusException.Failed(
                $"--address {address} is not HOST:PORT with an IP address or localhost as host, such as 127.0.0.1:8081.");
        }

        return new IPEndPoint(ip, port);
    }
}
