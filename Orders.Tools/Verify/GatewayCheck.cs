using System.Globalization;
using System.Net;
using Npgsql;
using Orders.Tools.Status;

namespace Orders.Tools.Verify;

/// <summary>
/// I9 by samples: what the gateway serves of an order is what the database holds. Who differs is asked once more a second later, because an order may
/// have changed between the two questions.
/// </summary>
internal sealed class GatewayCheck(BusContext bus, string gatewayUrl, NpgsqlDataSource database, Anomalies anomalies, Figures figures)
{
    private const int Newest = 500;
    private const int Others = 500;
    private const int InParallel = 8;
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(1);

    /// <param name="blamed">Orders to look at in any case.</param>
    /// <param name="orders">All orders; a part of them is looked at.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task RunAsync(IReadOnlyList<string> blamed, OrderBook orders, CancellationToken cancellationToken)
    {
        var step = Math.Max(1, orders.Notes.Count / Others);
        var sample = new HashSet<string>(blamed, StringComparer.Ordinal);
        sample.UnionWith(await CurrentOrders.NewestAsync(database, Newest, cancellationToken));
        sample.UnionWith(orders.Notes.Where((_, i) => i % step == 0).Take(Others).Select(order => order.Uid));
        figures.Reads = sample.Count;
        var doubtful = await DifferingAsync([.. sample], cancellationToken);
        if (doubtful.Count == 0)
        {
            return;
        }

        await Task.Delay(Allowed, bus.Time, cancellationToken);
        var again = await DifferingAsync([.. doubtful.Keys], cancellationToken);

        // Whoever changed in between may differ for a new reason.
        foreach (var (uid, served) in again.Where(later => later.Value.Held == doubtful[later.Key].Held).OrderBy(later => later.Key, StringComparer.Ordinal))
        {
            anomalies.Add(AnomalyName.StaleRead, $"GET {gatewayUrl}/order/{uid}", served.Text);
        }
    }

    private async Task<Dictionary<string, Difference>> DifferingAsync(string[] uids, CancellationToken cancellationToken)
    {
        // The database first: what is served a moment later must not be older.
        var held = await CurrentOrders.ReadAsync(database, uids, cancellationToken);
        var differing = new Dictionary<string, Difference>(StringComparer.Ordinal);
        var gate = new Lock();
        await Parallel.ForEachAsync(
            uids,
            new ParallelOptions { MaxDegreeOfParallelism = InParallel, CancellationToken = cancellationToken },
            async (uid, token) =>
            {
                var (version, content) = held.GetValueOrDefault(uid);
                if (await AskAsync(uid, version, content, token) is { } text)
                {
                    lock (gate)
                    {
                        differing.Add(uid, new(content, text));
                    }
                }
            });
        return differing;
    }

    /// <summary>What is wrong with the answer; null for nothing.</summary>
    private async Task<string?> AskAsync(string uid, long version, UInt128 content, CancellationToken cancellationToken)
    {
        using var answer = await GetAsync(uid, cancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return content == Digest.None ? null : $"404, the database holds version {version}";
            case HttpStatusCode.OK when content == Digest.None:
                return $"served as {Tag(answer)}, the database holds no content";
            case HttpStatusCode.OK:
                var served = VersionOf(Tag(answer));
                return Digest.Of(body) == content ? served is null || served >= version ? null : $"tag {Tag(answer)}, the database holds version {version}"
                    : served > version ? null
                    : $"served as {Tag(answer)} with other content than version {version} in the database";
            default:
                throw BusException.Unreachable($"The gateway answers GET {gatewayUrl}/order/{uid} with {(int)answer.StatusCode}. Look with: bus status");
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string uid, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalHttp.Client.GetAsync($"{gatewayUrl}/order/{uid}", cancellationToken);
        }
        catch (HttpRequestException refused)
        {
            throw BusException.Unreachable($"The gateway at {gatewayUrl} does not answer: {refused.Message}. Look with: bus status");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw BusException.Unreachable($"The gateway at {gatewayUrl} does not answer in time. Look with: bus status");
        }
    }

    private static string Tag(HttpResponseMessage answer) => answer.Headers.ETag?.Tag ?? "no tag";

    /// <summary>The version in a tag as the gateway writes it, <c>"v7"</c>.</summary>
    private static long? VersionOf(string tag) =>
        tag.StartsWith("\"v", StringComparison.Ordinal)
        && long.TryParse(tag.AsSpan(2, tag.Length - 3), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    private readonly record struct Difference(UInt128 Held, string Text);
}
