using Orders.Tests.Servers;

namespace Orders.Tests.Faults;

/// <summary>A fault of the world under load: what the service says of itself before, during and after, and that no record is blamed.</summary>
internal sealed class Outage(FaultSystem system)
{
    private TimeSpan? _untilNotReady;
    private TimeSpan _untilReady;
    private TimeSpan _untilCaughtUp;

    /// <param name="begin">Breaks something; under load already.</param>
    /// <param name="during">Returns when it has been broken for long enough.</param>
    /// <param name="end">Mends it. Also called when something failed.</param>
    /// <param name="isSeen">Whether the fault lasts until the service says that it is not ready.</param>
    public async Task RunAsync(Func<Task> begin, Func<OrderLoad, Task> during, Func<Task> end, bool isSeen = true)
    {
        await system.ReadyAsync();
        var blamed = await system.DeadLettersAsync();
        var repeats = await system.RepeatsAsync();
        await using var load = system.Load(OrderLoad.OnlyGood);
        await load.LastsAsync(FaultLength.Seconds(1, 30));
        await using var watch = new ReadinessWatch(system.Bus.Operations);
        var broken = TimeProvider.System.GetTimestamp();
        await begin();
        try
        {
            await during(load);
            if (isSeen)
            {
                await Eventually.SeeAsync(() => Task.FromResult(watch.Until(503, broken)), seen => seen is not null);
            }
        }
        finally
        {
            await end();
        }

        // The sessions this test has kept may be gone.
        system.Bus.Database.Clear();
        _untilNotReady = watch.Until(503, broken);
        var mended = TimeProvider.System.GetTimestamp();
        await system.OrTellAsync(
            Eventually.SeeAsync(() => Task.FromResult((Ready: watch.Until(200, mended), watch.Said)), answer => answer.Ready is not null));
        _untilReady = watch.Until(200, mended)!.Value;
        await load.LastsAsync(FaultLength.Seconds(1, 30));
        await load.StopAsync();
        await system.CaughtUpAsync();
        _untilCaughtUp = TimeProvider.System.GetElapsedTime(mended);

        Assert.Equal(blamed, await system.DeadLettersAsync());
        Assert.Equal(0, watch.TimesNotLive);
        await system.VerifiedAsync(
            $"not ready after {FaultSystem.In(_untilNotReady)}", $"ready {FaultSystem.In(_untilReady)} after its end",
            $"all caught up {FaultSystem.In(_untilCaughtUp)} after its end, {load.Acked} records in all",
            $"{await system.RepeatsAsync() - repeats} records found accounted for before", "0 dead letters");
    }
}
