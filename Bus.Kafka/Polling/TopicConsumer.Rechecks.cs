using System.Collections.Concurrent;
using Bus.Kafka.Watermarks;
using Confluent.Kafka;

namespace Bus.Kafka.Polling;

/// <summary>
/// Whether the logs are still those we began with. Nothing in the client tells: a topic deleted and created again between two fetches,
/// which has grown past our position, is read on. A thread of its own looks; only the poll thread acts.
/// </summary>
internal sealed partial class TopicConsumer
{
    private readonly ConcurrentQueue<(int Partition, int Epoch)> _otherLogs = new();
    private readonly SemaphoreSlim _lookNow = new(0, 1);

    private void RunRechecks()
    {
        LogCheck? check = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                // At once after an assignment: whoever read before us may have gone on in another log and died before it was looked at.
                _lookNow.Wait(_options.RecheckInterval, _stopping.Token);
                RecheckOnce(check ??= new LogCheck(_subscription.Topic, _subscription.Group, _kafka, _time));
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                Log.RecheckFailed(_logger, exception, _subscription.Topic);
            }
        }

        check?.Dispose();
    }

    private void RecheckOnce(LogCheck check)
    {
        var logs = _workers.ToDictionary(worker => worker.Key, worker => worker.Value.Read);
        var unreachable = State.WhyUnreachable;
        foreach (var partition in check.FindOthers(logs, _stopping.Token))
        {
            _otherLogs.Enqueue((partition, logs[partition].Accounted.Epoch));
        }

        if (logs.Count > 0)
        {
            State.Reached(unreachable);
        }

        if (_store is not null && check.Recognised.Count > 0)
        {
            _store.RecogniseAsync(_subscription.Group, _subscription.Topic, check.Recognised, _stopping.Token).AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Called by the poll thread.</summary>
    private void LookNow()
    {
        if (_lookNow.CurrentCount == 0)
        {
            _lookNow.Release();
        }
    }

    /// <summary>Called by the poll thread: a batch in flight ends before its epoch does, or is refused by the watermark.</summary>
    private void LeaveOtherLogs(IConsumer<byte[]?, byte[]?> consumer)
    {
        while (_otherLogs.TryDequeue(out var found))
        {
            if (_workers.TryGetValue(found.Partition, out var worker) && worker.Epoch == found.Epoch)
            {
                StartEpoch(consumer, found.Partition, found.Epoch);
                Rejoin();
            }
        }
    }
}
