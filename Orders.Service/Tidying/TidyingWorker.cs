using Bus.Storage.Tidying;
using Microsoft.Extensions.Options;

namespace Orders.Service.Tidying;

/// <summary>Tidies every now and then. A pass that fails costs nothing but space: the next one does it, and the service stays ready.</summary>
internal sealed class TidyingWorker(Tidier tidier, IOptions<TidyingOptions> options, TimeProvider time, ILogger<TidyingWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            Log.TidyingOff(logger);
            return;
        }

        while (true)
        {
            await Task.Delay(options.Value.Interval, time, stoppingToken);
            try
            {
                if (await tidier.RunOnceAsync(stoppingToken) is { } result && result != default)
                {
                    Log.Tidied(logger, result.RangesMerged, result.DeadLettersExpired);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.TidyingFailed(logger, exception);
            }
        }
    }
}
