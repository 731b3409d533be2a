using Bus.Kafka.Records;
using Bus.Kafka.Watermarks;
using Bus.Storage.Inbox;
using Npgsql;
using Orders.Contracts;
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

    public async ValueTask RecogniseAsync(
        string group, string topic, IReadOnlyDictionary<int, Watermark> logs, CancellationToken cancellationToken) =>
        await Inbox.RecogniseAsync(
            database,
            group,
            topic,
            [.. logs.Where(log => log.Value.Last is not null).Select(log => (log.Key, log.Value.Epoch, ToInbox(log.Value.Last!)))],
            cancellationToken);

    /// <exception cref="WatermarkMismatchException">The batch does not begin at its partition's watermark.</exception>
    public static void MustStandAt(Dictionary<int, InboxWatermark> locked, RecordBatch<OrderReceived> batch)
    {
        var watermark = locked.GetValueOrDefault(batch.Partition);
        if (watermark is null || watermark.Epoch != batch.Epoch || watermark.Position != batch.First)
        {
            throw new WatermarkMismatchException(watermark is null ? null : ToRider(watermark));
        }
    }

    private static Watermark ToRider(InboxWatermark stored) => new(stored.Epoch, stored.Position, ToRider(stored.Last)) { Known = ToRider(stored.Known) };

    private static LastRecord? ToRider(InboxRecord? record) => record is null ? null : new(record.Offset, record.Timestamp, record.ValueHash);

    private static InboxRecord ToInbox(LastRecord record) => new(record.Offset, record.Timestamp, record.ValueHash);
}
