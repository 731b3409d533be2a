using System.Net;

namespace Orders.Tools.Load;

/// <summary>
/// Asks the gateway for a sample of the orders from the moment they are sent until it has them. It asks every 5 ms at first, later at
/// intervals of a tenth of the time gone by, so that a system that hangs is not asked to death.
/// </summary>
internal sealed class VisibilityProbe(
    BusContext bus, LoadRequest request, LoadClock clock, LoadTally tally, string gatewayUrl, CancellationToken stop) : IDisposable
{
    private const double SamplesPerSecond = 20;
    private const double IntervalShare = 0.1;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _gateway = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    private readonly long _every = Math.Max(1, (long)Math.Ceiling(request.Rate / SamplesPerSecond));
    private readonly List<Task> _asking = [];
    private long _offered;

    /// <summary>Looks at this order if it belongs to the sample; to be called by the sender alone.</summary>
    public void Offer(string uid, long number)
    {
        if (_offered++ % _every == 0)
        {
            tally.Sample();
            _asking.Add(Task.Run(() => AskAsync(uid, number), CancellationToken.None));
        }
    }

    /// <summary>Waits until every order of the sample was seen or given up.</summary>
    public Task EndAsync() => Task.WhenAll(_asking);

    public void Dispose() => _gateway.Dispose();

    private async Task AskAsync(string uid, long number)
    {
        var url = $"{gatewayUrl}/order/{uid}";
        var patience = request.Patience + request.Duration;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await _gateway.GetAsync(url, HttpCompletionOption.ResponseContentRead, stop);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    tally.Visible(number);
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // A gateway that does not answer does not show the order; it is asked again.
            }
            catch (OperationCanceledException)
            {
                // A slow answer counts the same; at the end of the run the loop ends.
            }

            var waited = TimeSpan.FromMicroseconds(Math.Max(0, clock.Now - clock.Planned(number)));
            if (waited > patience || stop.IsCancellationRequested)
            {
                return;
            }

            var pause = TimeSpan.FromTicks(Math.Clamp((long)(waited.Ticks * IntervalShare), Shortest.Ticks, Longest.Ticks));
            await Task.Delay(pause, bus.Time, CancellationToken.None);
        }
    }
}
