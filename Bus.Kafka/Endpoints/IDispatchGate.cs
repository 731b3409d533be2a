namespace Bus.Kafka.Endpoints;

/// <summary>Stands before every dispatch of an endpoint, whatever its partition: lets batches wait for each other's outcome, or for a person.</summary>
public interface IDispatchGate
{
    /// <summary>Waits until a batch may go, then sends it; what it throws is passed on. Waiting ends when the partition is given up.</summary>
    Task PassAsync(Func<Task> dispatch, CancellationToken stopping);
}
