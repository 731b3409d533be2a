using Orders.Contracts;
using Orders.Tools.Publish;
using Orders.Tools.Running;

namespace Orders.Tools.Load;

/// <summary>
/// One run, in the open model: every record has its planned time, and nothing that happens to the ones before it moves it. Ends when every
/// new order's event has come and every sampled order was seen, at the latest when patience ends.
/// </summary>
internal sealed class LoadRun(BusContext bus, RunningSystem system, LoadRequest request)
{
    // Records are sent as they come: for the last millisecond of a longer wait the client would ask again and again.
    private const double LingerMs = 0;

    // A timer for every record would take processor time from the system that is measured.
    private const double ShortestWaitMs = 5;

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AfterInterruption = TimeSpan.FromSeconds(2);

    private long _sent;

    public async Task<LoadReport> RunAsync(CancellationToken cancellationToken)
    {
        using var ledger = request.LedgerFile is null ? null : Ledger.Open(request.LedgerFile, Topics.Orders, request.Seed);
        using var tail = await Task.Run(() => new EventTail(system.State.Kafka.BootstrapServers), cancellationToken);
        using var producer = new OrderProducer(system.State.Kafka.BootstrapServers, Topics.Orders, ledger, LingerMs);

        // Before the clock: the plan of the load would begin late.
        await Task.Run(producer.Meet, cancellationToken);
        using var stop = new CancellationTokenSource();
        var clock = new LoadClock(bus.Time, request.Rate);
        var tally = new LoadTally(clock, request.WarmUpCount);
        var following = Task.Factory.StartNew(
            () => tail.Follow(tally, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var probe = new VisibilityProbe(bus, request, clock, tally, system.State.Addresses.GatewayUrl, stop.Token);
        producer.OnAcked = tally.Acked;
        var progress = new LoadProgress(bus.Terminal, request, clock, tally);
        progress.Begin($"{Topics.Orders} at {system.State.Kafka.BootstrapServers}");

        var sending = Task.Run(() => SendAllAsync(producer, clock, tally, probe, cancellationToken), CancellationToken.None);
        BusException? refused = null;
        try
        {
            while (await Task.WhenAny(sending, Task.Delay(LoadProgress.Redraw, bus.Time, CancellationToken.None)) != sending)
            {
                progress.Show(_sent, tail.Problem);
            }

            await sending;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was measured so far is reported.
        }
        catch (BusException failure)
        {
            refused = failure;
        }

        var secondsSending = clock.Now / 1e6;
        await DrainAsync(producer, tally, probe, () => progress.Show(_sent, tail.Problem), cancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(following, probe.EndAsync());
        progress.End();
        return refused is not null ? throw refused : Report(producer, clock, tally, secondsSending, cancellationToken.IsCancellationRequested);
    }

    private async Task SendAllAsync(OrderProducer producer, LoadClock clock, LoadTally tally, VisibilityProbe probe, CancellationToken cancellationToken)
    {
        foreach (var record in new MadeUpTraffic(request.Seed, request.Shares).Records(request.Count))
        {
            var number = _sent;
            await DueAsync(clock, number, cancellationToken);
            if (record.IsNew)
            {
                tally.Expect(record.Key!, number);
            }

            producer.Send(record, cancellationToken);
            _sent = number + 1;
            tally.Sent(number);
            if (record.IsNew)
            {
                probe.Offer(record.Key!, number);
            }
        }
    }

    /// <summary>Never early. Late by up to five milliseconds; the latency counts from the plan all the same.</summary>
    private async Task DueAsync(LoadClock clock, long number, CancellationToken cancellationToken)
    {
        while (clock.Planned(number) - clock.Now is > 0 and var wait)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(ShortestWaitMs, Math.Ceiling(wait / 1000.0))), bus.Time, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task DrainAsync(
        OrderProducer producer, LoadTally tally, VisibilityProbe probe, Action progress, CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        while (producer.InFlight > 0 || tally.Open > 0 || !probe.EndAsync().IsCompleted)
        {
            var waited = bus.Time.GetElapsedTime(start);
            if (waited > request.Patience || (cancellationToken.IsCancellationRequested && waited > AfterInterruption))
            {
                return;
            }

            producer.Flush(Millisecond);
            progress();
            await Task.Delay(Poll, bus.Time, CancellationToken.None);
        }
    }

    private LoadReport Report(OrderProducer producer, LoadClock clock, LoadTally tally, double secondsSending, bool interrupted)
    {
        // An order was waited for in vain only if patience had its full time.
        var lost = interrupted ? tally.OpenSince(clock.Now - (long)request.Patience.TotalMicroseconds) : tally.Open;
        return new LoadReport(request, tally)
        {
            Sent = _sent,
            Acked = producer.Acked,
            Failed = producer.Failed,
            Unanswered = producer.InFlight,
            FirstFailure = producer.FirstFailure ?? producer.LastError,
            Lost = lost,
            Undecided = tally.Open - lost,
            SecondsSending = secondsSending,
            Interrupted = interrupted,
        };
    }
}
