namespace Bus.Kafka.Polling;

/// <summary>
/// Lets the partitions of a consumer wait for more records together and go on together, so that their batches meet. The poll thread is its clock: a
/// poll lasts as long as the linger at most, so no timer is set and no worker woken to wait. Used by that thread alone.
/// </summary>
internal sealed class SharedLinger(TimeSpan length, TimeProvider time)
{
    private readonly List<RecordQueue> _waiting = [];
    private long _since;

    /// <summary>How long the next poll may last, in whole milliseconds, as the client counts: what is left is rounded up.</summary>
    public TimeSpan PollTime(TimeSpan most)
    {
        var left = _waiting.Count == 0 ? most : length - time.GetElapsedTime(_since);
        return TimeSpan.FromMilliseconds(Math.Ceiling(Math.Clamp(left.TotalMilliseconds, 0, most.TotalMilliseconds)));
    }

    /// <summary>The queue has a record more, which may wait for others.</summary>
    public void Wait(RecordQueue queue, long now)
    {
        if (_waiting.Count == 0)
        {
            _since = now;
        }

        if (!_waiting.Contains(queue))
        {
            _waiting.Add(queue);
        }
    }

    /// <summary>Ends the lingering if it has lasted long enough.</summary>
    public void Look(long now)
    {
        if (_waiting.Count > 0 && time.GetElapsedTime(_since, now) >= length)
        {
            End();
        }
    }

    /// <summary>The queue is about to go; what waits in it is not handed out.</summary>
    public void Forget(RecordQueue queue) => _waiting.Remove(queue);

    /// <summary>Hands out what waits: it has waited long enough, or the poll thread is about to do something that may take longer.</summary>
    public void End()
    {
        foreach (var queue in _waiting)
        {
            queue.HandOut();
        }

        _waiting.Clear();
    }
}
