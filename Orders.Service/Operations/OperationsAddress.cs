using System.Net;
using Microsoft.Extensions.Options;

namespace Orders.Service.Operations;

/// <summary>Where the operations port listens, read out of <see cref="OperationsOptions.Url"/>: loopback or nothing.</summary>
internal sealed record OperationsAddress(IPEndPoint EndPoint, string Host)
{
    /// <summary>The address in <paramref name="url"/>, or a sentence that says why it is refused.</summary>
    public static (OperationsAddress? Address, string? Refusal) Parse(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/")
        {
            return (null,
                $"Operations:Url is '{url}'. Give it as http://ADDRESS:PORT with nothing behind it, for example http://127.0.0.1:8082.");
        }

        if (string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return (new OperationsAddress(new IPEndPoint(IPAddress.Loopback, uri.Port), uri.Host), null);
        }

        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))
        {
            return (new OperationsAddress(new IPEndPoint(ip, uri.Port), uri.Host), null);
        }

        return (null,
            $"Operations:Url is '{url}', which other machines could reach. Whoever reaches the operations port can read and replay "
            + "records, and access tokens, which any address but loopback needs, are not available yet. Use a loopback address such as "
            + "http://127.0.0.1:8082, and reach it from elsewhere through an SSH tunnel.");
    }
}

/// <summary>Refuses a start with an address that would open the port to others.</summary>
internal sealed class OperationsAddressRule : IValidateOptions<OperationsOptions>
{
    public ValidateOptionsResult Validate(string? name, OperationsOptions options) =>
        OperationsAddress.Parse(options.Url).Refusal is { } refusal ? ValidateOptionsResult.Fail(refusal) : ValidateOptionsResult.Success;
}
