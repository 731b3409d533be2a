using System.Collections.Concurrent;
using Bus.Kafka.Watermarks;
using Confluent.Kafka;

namespace Bus.Kafka.Polling;

/// <summary>
/// Whether the logs are still those we began with, and whether the client still reads them. Nothing in the client tells: a topic deleted and created
/// again between two fetches, which has grown past our position, is read on. A thread of its own looks; only the poll thread acts.
/// </summary>
internal sealed partial class TopicConsumer
{
    private readonly ConcurrentQueue<(int Partition, int Epoch)> _otherLogs = new();
    private readonly SemaphoreSlim _lookNow = new(0, 1);

    /// <summary>The client that brings nothing while a broker answers another, and since when; null where there is none.</summary>
    private (IConsumer<byte[]?, byte[]?> Client, long Since)? _stuck;

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
                _stuck = null;
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

        ReplaceStuckClient(check);

        if (_store is not null && check.Recognised.Count > 0)
        {
            _store.RecogniseAsync(_subscription.Group, _subscription.Topic, check.Recognised, _stopping.Token).AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// A client that is out of its group, or sees no broker, comes back by itself a few seconds after they are there again. Where it does not, another
    /// one takes its place; so it does where there is no partition for this instance, of which nothing would ever come. One that has never been in
    /// its group is left to its own time-outs: it may not be freed (<see cref="Leave"/>).
    /// </summary>
    private void ReplaceStuckClient(LogCheck check)
    {
        if (_consumer is not { } client || !WasAssigned(client) || !State.BringsNothing || !check.IsAnswered())
        {
            _stuck = null;
            return;
        }

        if (!ReferenceEquals(client, _stuck?.Client))
        {
            _stuck = (client, _time.GetTimestamp());
        }

        // It may have come back while the broker was asked.
        if (_time.GetElapsedTime(_stuck.Value.Since) >= _options.StuckPatience && State.BringsNothing && ReferenceEquals(client, _consumer))
        {
            Log.ClientStuck(_logger, _subscription.Topic, _options.StuckPatience, State.Problem);
            _stuck = null;
            Rejoin();
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
