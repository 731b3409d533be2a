namespace Orders.Tests.Faults;

/// <summary>Asks a host ten times a second how it is, for as long as it lives.</summary>
internal sealed class ReadinessWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(3);
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Lock _lock = new();
    private readonly List<(long At, int Ready, int Live)> _answers = [];
    private readonly HttpClient _host;
    private readonly Task _run;
    private volatile string _said = "";

    public ReadinessWatch(HttpClient host)
    {
        _host = host;
        _run = RunAsync();
    }

    /// <summary>How often the host said that it should be ended, or did not say anything.</summary>
    public int TimesNotLive
    {
        get
        {
            lock (_lock)
            {
                return _answers.Count(answer => answer.Live != 200);
            }
        }
    }

    /// <summary>What it said last of its readiness, reasons included.</summary>
    public string Said => _said;

    /// <summary>How long after <paramref name="moment"/> the host first said so; null if it has not.</summary>
    public TimeSpan? Until(int status, long moment)
    {
        lock (_lock)
        {
            foreach (var (at, ready, _) in _answers)
            {
                if (at >= moment && ready == status)
                {
                    return TimeProvider.System.GetElapsedTime(moment, at);
                }
            }

            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var tick = new PeriodicTimer(Interval);
        try
        {
            while (await tick.WaitForNextTickAsync(_stopping.Token))
            {
                var ((ready, said), (live, _)) = (await AskAsync("/health/ready"), await AskAsync("/health/live"));
                _said = said;
                lock (_lock)
                {
                    _answers.Add((TimeProvider.System.GetTimestamp(), ready, live));
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task<(int Status, string Said)> AskAsync(string path)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(AnswerPatience);
        try
        {
            using var answer = await _host.GetAsync(new Uri(path, UriKind.Relative), patience.Token);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(patience.Token));
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException && !_stopping.IsCancellationRequested)
        {
            // Nobody there, or frozen.
            return (0, silent.Message);
        }
    }
}
