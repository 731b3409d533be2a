using Bus.Kafka.Watermarks;
using Bus.Storage.Inbox;
using Npgsql;
using Orders.Service.Failures;

namespace Orders.Service.Storage;

/// <summary>The rider's watermarks are the inbox's: what the database accounted for is what has been read.</summary>
internal sealed class InboxWatermarks(NpgsqlDataSource database, CrashGuard guard) : IWatermarkStore
{
    public async ValueTask<IReadOnlyDictionary<int, Watermark>> LoadAsync(
        string group, string topic, IReadOnlyDictionary<int, long> lowOffsets, CancellationToken cancellationToken)
    {
        var stored = await Inbox.LoadAsync(database, group, topic, lowOffsets, cancellationToken);
        return stored.ToDictionary(entry => entry.Key, entry => ToRider(entry.Value));
    }

    public async ValueTask<Watermark> StartEpochAsync(
        string group, string topic, int partition, int epoch, long position, CancellationToken cancellationToken) =>
        ToRider(await Inbox.StartEpochAsync(database, new InboxPartition(group, topic, partition), epoch, position, cancellationToken));

    public ValueTask ReleaseAsync(string group, string topic, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        guard.ReleaseAsync(group, topic, partitions, cancellationToken);

    public static Watermark ToRider(InboxWatermark stored) => new(
        stored.Epoch,
        stored.Position,
        stored.Last is { } last ? new LastRecord(last.Offset, last.Timestamp, last.ValueHash) : null);
}
