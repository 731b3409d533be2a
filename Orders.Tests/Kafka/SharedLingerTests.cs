using Bus.Kafka.Polling;
using Orders.Tests.Caching;

namespace Orders.Tests.Kafka;

/// <summary>Partitions that wait for more records wait together, and none longer than the linger.</summary>
public sealed class SharedLingerTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly ManualTime _time = new();
    private readonly SharedLinger _linger;

    public SharedLingerTests() => _linger = new SharedLinger(Length, _time);

    public void Dispose() => _linger.Dispose();

    [Fact]
    public async Task Who_comes_later_goes_on_with_the_first()
    {
        var first = _linger.WaitAsync();
        _time.Advance(Length - TimeSpan.FromMilliseconds(1));
        var second = _linger.WaitAsync();
        Assert.False(first.IsCompleted || second.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(first, second).WaitAsync(Soon, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task After_it_another_begins()
    {
        var first = _linger.WaitAsync();
        _time.Advance(Length);
        await first.WaitAsync(Soon, TestContext.Current.CancellationToken);

        var second = _linger.WaitAsync();
        Assert.False(second.IsCompleted);
        _time.Advance(Length);
        await second.WaitAsync(Soon, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Records_that_arrived_lately_are_worth_waiting_with_until_a_batch_is_full()
    {
        using var queue = new RecordQueue(maxRecords: 10, maxBytes: 1_000, _time);
        Assert.False(queue.IsWorthWaiting(records: 2, Length));

        queue.Enqueue(new() { Offset = 0, Timestamp = 0, Size = 10 });
        Assert.True(queue.IsWorthWaiting(records: 2, Length));

        queue.Enqueue(new() { Offset = 1, Timestamp = 0, Size = 10 });
        Assert.False(queue.IsWorthWaiting(records: 2, Length));
    }

    [Fact]
    public void Records_that_waited_for_the_batch_before_them_do_not_wait_again()
    {
        using var queue = new RecordQueue(maxRecords: 10, maxBytes: 1_000, _time);
        queue.Enqueue(new() { Offset = 0, Timestamp = 0, Size = 10 });
        _time.Advance(Length);
        Assert.False(queue.IsWorthWaiting(records: 2, Length));

        queue.Cut(position: 0, limitRecords: 2, limitBytes: 1_000);
        queue.Enqueue(new() { Offset = 1, Timestamp = 0, Size = 10 });
        Assert.True(queue.IsWorthWaiting(records: 2, Length));
    }
}
