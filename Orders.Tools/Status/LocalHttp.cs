namespace Orders.Tools.Status;

/// <summary>The clients for addresses on this machine: never through a proxy.</summary>
internal static class LocalHttp
{
    /// <summary>For questions that are answered at once or not at all.</summary>
    public static readonly HttpClient Client = WithTimeout(TimeSpan.FromSeconds(5));

    /// <summary>For requests that do work.</summary>
    public static readonly HttpClient Patient = WithTimeout(TimeSpan.FromSeconds(60));

    private static HttpClient WithTimeout(TimeSpan timeout) =>
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = timeout };
}
