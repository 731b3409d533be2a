using Bus.Kafka.Endpoints;

namespace Bus.Kafka.Polling;

/// <summary>What is read, for whom, and where its batches go.</summary>
internal sealed class TopicSubscription(string topic, string group, Func<int, int, long, Run, CancellationToken, Task> dispatch)
{
    public string Topic { get; } = topic;

    public string Group { get; } = group;

    /// <summary>What every dispatch passes first; null where nothing stands before it.</summary>
    public IDispatchGate? Gate { get; init; }

    public TopicState State { get; } = new(topic, group);

    /// <summary>Partition, epoch, first offset, run: returns when the run is accounted for, throws when it is not.</summary>
    public Task DispatchAsync(int partition, int epoch, long first, Run run, CancellationToken cancellationToken) =>
        dispatch(partition, epoch, first, run, cancellationToken);
}
