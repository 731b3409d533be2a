using Bus.Kafka.Rider;
using Orders.Service.Operations;

namespace Orders.Service.Ingest;

/// <summary>Orders are read: the group is joined, no batch is held back, and the client is being polled.</summary>
internal sealed class IngestReadiness(KafkaTopics topics, TimeProvider time) : IReadinessCheck
{
    /// <summary>A client that is not polled for this long is stuck, whatever else it says.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(30);

    public string Name => "ingest";

    public string? WhyNotReady()
    {
        foreach (var topic in topics.All)
        {
            if (topic.Problem is { } problem)
            {
                return $"topic {topic.Topic} {problem}";
            }

            if (time.GetElapsedTime(topic.PolledAt) > StuckAfter)
            {
                return $"topic {topic.Topic} has not been polled for {time.GetElapsedTime(topic.PolledAt).TotalSeconds:0} s";
            }
        }

        return null;
    }
}
