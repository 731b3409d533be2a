using Npgsql;
using Orders.Contracts;
using Orders.Tools.Running;

namespace Orders.Tools.Verify;

/// <summary>
/// One verification: the database at one moment, then every event, then every record, then the gateway. What happens after that moment is left out of
/// the comparison, so a system under load can be verified.
/// </summary>
internal sealed class Verification(BusContext bus, RunningSystem system, string? ledgerFile, bool wait)
{
    public Anomalies Anomalies { get; } = new();

    public Figures Figures { get; } = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var ledger = ledgerFile is null ? null : await LedgerFile.ReadAsync(ledgerFile, cancellationToken);
        await using var database = NpgsqlDataSource.Create(system.Connections.Owner);
        using var reader = new TopicReader(system.State.Kafka.BootstrapServers, bus.Time);
        if (wait)
        {
            await new Draining(bus, database, reader).RunAsync(cancellationToken);
        }

        var snapshot = await Snapshot.TakeAsync(database, cancellationToken);
        var accounts = new AccountCheck(snapshot, Anomalies);
        accounts.Run();

        var events = new EventNotes();
        var told = new EventCheck(snapshot, events, Anomalies, Figures);
        var isCompacted = await reader.IsCompactedAsync(Topics.OrderEvents);
        var doubts = new List<RangeDoubt>();
        var walks = new Dictionary<int, PartitionWalk>();
        await Task.Run(
            () =>
            {
                told.Read(reader, isCompacted, cancellationToken);
                Walk(reader, snapshot, accounts, events, ledger, doubts, walks, cancellationToken);
            },
            cancellationToken);

        var orders = new OrderCheck(snapshot, walks, told, events, Anomalies, Figures);
        orders.Run(doubts);
        await orders.CatchUpAsync(database, cancellationToken);
        await new GatewayCheck(bus, system.State.Addresses.GatewayUrl, database, Anomalies, Figures)
            .RunAsync(orders.Blamed, snapshot.Orders, cancellationToken);
        Count(snapshot, ledger);
    }

    private void Walk(
        TopicReader reader,
        Snapshot snapshot,
        AccountCheck accounts,
        EventNotes events,
        LedgerFile? ledger,
        List<RangeDoubt> doubts,
        Dictionary<int, PartitionWalk> walks,
        CancellationToken cancellationToken)
    {
        foreach (var partition in reader.Partitions(Topics.Orders).Union(snapshot.Partitions).Union(ledger?.Partitions ?? []))
        {
            var bounds = reader.Bounds(Topics.Orders, partition);
            var acked = ledger is null ? null : new LedgerWalk(ledger, partition, bounds, snapshot, Anomalies, Figures);
            var walk = new PartitionWalk(partition, bounds, snapshot, accounts, events, acked, doubts, Anomalies, Figures);
            walks.Add(partition, walk);
            walk.Begin();
            reader.Read(Topics.Orders, partition, bounds, walk.Take, cancellationToken);
            walk.Finish();
        }
    }

    private void Count(Snapshot snapshot, LedgerFile? ledger)
    {
        Figures.Ranges = snapshot.Partitions.Sum(partition => (long)snapshot.RangesOf(partition).Count);
        Figures.Orders = snapshot.OrderRows;
        Figures.OutboxWaiting = snapshot.Outbox.Count;
        Figures.DeadLetters = snapshot.DeadLetters;
        if (ledger is not null)
        {
            (Figures.LedgerAttempted, Figures.LedgerAcked, Figures.LedgerUnknown) = (ledger.Attempted, ledger.Acked, ledger.Unknown);
        }
    }
}
