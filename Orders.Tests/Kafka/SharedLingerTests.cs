using Bus.Kafka.Endpoints;
using Bus.Kafka.Polling;
using Orders.Tests.Caching;

namespace Orders.Tests.Kafka;

/// <summary>Partitions that wait for more records wait together, and none longer than the linger.</summary>
public sealed class SharedLingerTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(100);
    private readonly ManualTime _time = new();
    private readonly SharedLinger _linger;
    private readonly Partition _first = new();
    private readonly Partition _second = new();

    public SharedLingerTests() => _linger = new SharedLinger(Length, _time);

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public void Who_comes_later_goes_on_with_the_first()
    {
        Receive(_first);
        _time.Advance(Length - TimeSpan.FromMilliseconds(1));
        Receive(_second);
        _linger.Look(_time.GetTimestamp());
        Assert.False(_first.IsHandedOut() || _second.IsHandedOut());

        _time.Advance(TimeSpan.FromMilliseconds(1));
        _linger.Look(_time.GetTimestamp());
        Assert.True(_first.IsHandedOut() && _second.IsHandedOut());
    }

    [Fact]
    public void After_it_another_begins()
    {
        Receive(_first);
        _time.Advance(Length);
        _linger.Look(_time.GetTimestamp());
        Assert.True(_first.IsHandedOut());
        _first.Queue.Cut(position: 0);

        Receive(_first);
        _linger.Look(_time.GetTimestamp());
        Assert.False(_first.IsHandedOut());
        _time.Advance(Length);
        _linger.Look(_time.GetTimestamp());
        Assert.True(_first.IsHandedOut());
    }

    [Fact]
    public void A_poll_lasts_no_longer_than_usual_or_what_waits_may_and_is_counted_in_whole_milliseconds()
    {
        Assert.Equal(Usual, _linger.PollTime(Usual));

        Receive(_first);
        Assert.Equal(Length, _linger.PollTime(Usual));
        Assert.Equal(Short, _linger.PollTime(Short));
        _time.Advance(TimeSpan.FromMilliseconds(3.5));
        Assert.Equal(TimeSpan.FromMilliseconds(2), _linger.PollTime(Usual));
        _time.Advance(Length);
        Assert.Equal(TimeSpan.Zero, _linger.PollTime(Usual));

        _linger.Look(_time.GetTimestamp());
        Assert.Equal(Usual, _linger.PollTime(Usual));
    }

    [Fact]
    public void What_waits_is_handed_out_before_the_thread_does_something_else()
    {
        Receive(_first);
        _linger.End();

        Assert.True(_first.IsHandedOut());
        Assert.Equal(Usual, _linger.PollTime(Usual));
    }

    [Fact]
    public void What_goes_away_is_not_handed_out()
    {
        Receive(_first);
        Receive(_second);
        _linger.Forget(_first.Queue);
        _first.Dispose();
        _linger.End();

        Assert.True(_second.IsHandedOut());
    }

    [Fact]
    public void The_end_of_the_log_ends_no_lingering_and_is_handed_out_where_no_record_waits()
    {
        Receive(_first);
        _first.Queue.ReachEnd(7);
        _second.Queue.ReachEnd(7);

        Assert.False(_first.IsHandedOut());
        Assert.True(_second.IsHandedOut());
    }

    private void Receive(Partition partition)
    {
        partition.Queue.Enqueue(new() { Offset = 0, Timestamp = 0, Size = 10 });
        _linger.Wait(partition.Queue, _time.GetTimestamp());
    }

    /// <summary>A queue with its reader, who waits all the time.</summary>
    private sealed class Partition : IDisposable
    {
        private Task _waiting;

        public Partition() => _waiting = Queue.WaitAsync(CancellationToken.None);

        public RecordQueue Queue { get; } = new(new TopicEndpointOptions());

        /// <summary>Whether the reader was woken since it was asked for the last time.</summary>
        public bool IsHandedOut()
        {
            if (!_waiting.IsCompleted)
            {
                return false;
            }

            _waiting = Queue.WaitAsync(CancellationToken.None);
            return true;
        }

        public void Dispose() => Queue.Dispose();
    }
}
