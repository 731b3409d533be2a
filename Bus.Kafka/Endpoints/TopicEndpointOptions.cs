namespace Bus.Kafka.Endpoints;

/// <summary>How one topic endpoint reads. Set in <c>TopicEndpoint(…, e =&gt; e.Read(…))</c>; checked when the bus is built.</summary>
public sealed class TopicEndpointOptions
{
    /// <summary>The most records in a batch. Default 500. Smaller: more transactions; larger: longer locks and retries.</summary>
    public int BatchRecords { get; set; } = 500;

    /// <summary>The most bytes (keys, values, headers) in a batch; one larger record is a batch of its own. Default 1 MiB.</summary>
    public long BatchBytes { get; set; } = 1 << 20;

    /// <summary>
    /// How long the first record of an unfilled batch waits for more. Default 1 ms. The partitions that one instance reads wait together, in whole
    /// milliseconds: what is left of them is rounded up. Zero: a record goes as soon as the next poll has ended; at 1,000 records a second 9 % less
    /// latency for 8 % more processor time (<c>docs/performance.md</c>).
    /// </summary>
    public TimeSpan BatchLinger { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The most records of a partition that wait for its worker. Default 2,000. Smaller than a batch: batches never fill.</summary>
    public int QueuedRecords { get; set; } = 2_000;

    /// <summary>The most bytes of a partition that wait for its worker. Default 4 MiB. It bounds memory together with <see cref="QueuedRecords"/>.</summary>
    public long QueuedBytes { get; set; } = 4 << 20;

    /// <summary>How long the poll thread waits for room in a full partition before it pauses that partition and polls on. Default 500 ms.</summary>
    public TimeSpan FullPatience { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The first wait before a batch that failed is tried again; it doubles. Default 200 ms.</summary>
    public TimeSpan HoldFirst { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest such wait. Default 2 s: a dependency's return is noticed within it.</summary>
    public TimeSpan HoldMost { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a stop or a revoked partition waits for the batch in flight before it is cancelled, and then for the client to leave its group. Default
    /// 10 s.
    /// </summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the group waits for a silent member. Default 6 s (measured: rejoin after SIGKILL 5.1 s; 44 s with librdkafka's default).</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// How long the client may be out of a group it was in, or see no broker, while a broker answers another client, before a new client takes its place.
    /// Default 1 min. Too small, below the 30 s plus <see cref="StopPatience"/> and <see cref="FullPatience"/> that a group waits for a slow member: who
    /// waits with it is replaced in vain. Too large: nothing is read meanwhile.
    /// </summary>
    public TimeSpan StuckPatience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the logs that are read are compared with what was read of them, so that a topic deleted and created again is seen. Default
    /// 5 s. Shorter: one small fetch per partition more often; longer: more of the new log is read before its beginning is.
    /// </summary>
    public TimeSpan RecheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the brokers keep their logs in memory only. Default false. Set, a new epoch is expected and no warning.</summary>
    public bool VolatileLog { get; set; }

    internal IEnumerable<(string Setting, string Problem)> Problems()
    {
        if (BatchRecords is < 1 or > 100_000)
        {
            yield return (nameof(BatchRecords), $"is {BatchRecords}; give 1 to 100000 records");
        }

        if (BatchBytes < 1)
        {
            yield return (nameof(BatchBytes), $"is {BatchBytes}; give at least 1 byte");
        }

        if (BatchLinger < TimeSpan.Zero || BatchLinger > TimeSpan.FromSeconds(10))
        {
            yield return (nameof(BatchLinger), $"is {BatchLinger}; give 0 to 10 s");
        }

        if (QueuedRecords < BatchRecords)
        {
            yield return (nameof(QueuedRecords), $"is {QueuedRecords}, below BatchRecords ({BatchRecords}): batches would never fill");
        }

        if (QueuedBytes < BatchBytes)
        {
            yield return (nameof(QueuedBytes), $"is {QueuedBytes}, below BatchBytes ({BatchBytes}): batches would never fill");
        }

        if (HoldFirst <= TimeSpan.Zero || HoldMost < HoldFirst)
        {
            yield return (nameof(HoldMost), $"is {HoldMost}, HoldFirst is {HoldFirst}; give a first wait above 0 and not above the longest");
        }

        (string, TimeSpan)[] patiences =
        [
            (nameof(FullPatience), FullPatience), (nameof(StopPatience), StopPatience), (nameof(StuckPatience), StuckPatience),
        ];
        foreach (var (name, patience) in patiences)
        {
            if (patience <= TimeSpan.Zero || patience > TimeSpan.FromMinutes(5))
            {
                yield return (name, $"is {patience}; give above 0 to 5 min");
            }
        }

        if (RecheckInterval < TimeSpan.FromMilliseconds(100) || RecheckInterval > TimeSpan.FromHours(1))
        {
            yield return (nameof(RecheckInterval), $"is {RecheckInterval}; give 0.1 s to 1 h");
        }

        if (SessionTimeout < TimeSpan.FromSeconds(1))
        {
            yield return (nameof(SessionTimeout), $"is {SessionTimeout}; brokers refuse less than their group.min.session.timeout.ms");
        }
    }
}
