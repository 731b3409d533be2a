using Confluent.Kafka;
using Librdkafka;
using Orders.Contracts;
using Orders.Tools.Publish;

namespace Orders.Tests.Faults;

/// <summary>Made-up orders at a steady rate until it is told to stop, every send and its answer in the ledger.</summary>
internal sealed class OrderLoad : IAsyncDisposable
{
    public const double UsualRate = 500;
    public static readonly Shares Usual = new(Poison: 0.01, Dup: 0.01, Update: 0.05, Remove: 0.01);

    /// <summary>Nothing that cannot be stored, nothing twice: whatever is dead or duplicate afterwards, the fault made so.</summary>
    public static readonly Shares OnlyGood = new(Poison: 0, Dup: 0, Update: 0.05, Remove: 0);

    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FlushStep = TimeSpan.FromMilliseconds(100);
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Ledger _ledger;
    private readonly OrderProducer _producer;
    private readonly double _rate;
    private readonly Task _sending;
    private bool _isClosed;

    public OrderLoad(string kafka, string ledger, long seed, double rate, Shares shares)
    {
        SystemLibrdkafka.UseFor(typeof(Library).Assembly);
        _rate = rate;
        _ledger = Ledger.Open(ledger, Topics.Orders, seed);
        _producer = new OrderProducer(kafka, Topics.Orders, _ledger);
        _sending = Task.Run(() => SendAsync(new MadeUpTraffic(seed, shares)));
    }

    /// <summary>How many records were given to the client so far.</summary>
    public long Sent => _producer.Attempted;

    /// <summary>How many the broker has acknowledged.</summary>
    public long Acked => _producer.Acked;

    /// <summary>Returns when as much more has been sent as the rate makes in that time; the clock of every fault.</summary>
    public async Task LastsAsync(TimeSpan time)
    {
        var goal = Sent + (long)(_rate * time.TotalSeconds);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Sent < goal)
        {
            if (_sending.IsCompleted)
            {
                await _sending;
                Assert.Fail("The load ended before it was told to.");
            }

            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends no more, waits for the answers to what was sent, and closes the ledger.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _sending;
        await Task.Run(() =>
        {
            var start = TimeProvider.System.GetTimestamp();
            while (_producer.Flush(FlushStep) > 0 && TimeProvider.System.GetElapsedTime(start) < AnswerPatience)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        });
        Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sending;
        Close();
        _stopping.Dispose();
    }

    /// <summary>After this no answer reaches the ledger: what has none is unknown.</summary>
    private void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _producer.Dispose();
            _ledger.Dispose();
        }
    }

    private async Task SendAsync(MadeUpTraffic traffic)
    {
        var pace = new Pace(_rate, TimeProvider.System);
        try
        {
            foreach (var record in traffic.Records(long.MaxValue))
            {
                await pace.DueAsync(_producer.Attempted, _stopping.Token);
                _producer.Send(record, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
