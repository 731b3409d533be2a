namespace Orders.Tools.Publish;

/// <summary>
/// An open model: record number n is due n / rate seconds after the first, whatever happened to the ones before it. Without a rate
/// everything is due at once.
/// </summary>
internal sealed class Pace(double? rate, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public Task DueAsync(long number, CancellationToken cancellationToken)
    {
        if (rate is not { } perSecond)
        {
            return Task.CompletedTask;
        }

        var wait = TimeSpan.FromSeconds(number / perSecond) - time.GetElapsedTime(_start);
        return wait > TimeSpan.FromMilliseconds(1) ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }
}
