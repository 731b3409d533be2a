using System.Globalization;
using Npgsql;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>I3, I4 and I16 per order: what its records make, by the rules, against what the database holds.</summary>
internal sealed class OrderCheck(
    Snapshot snapshot, IReadOnlyDictionary<int, PartitionWalk> walks, EventCheck told, EventNotes events, Anomalies anomalies, Figures figures)
{
    private const int Portion = 1_000;

    private readonly List<OrderNote> _ahead = [];

    /// <summary>Orders something is wrong with, a few: they are worth a look at the gateway too.</summary>
    public List<string> Blamed { get; } = [];

    public void Run(IReadOnlyList<RangeDoubt> doubts)
    {
        foreach (var uid in snapshot.ForeignContents)
        {
            Blame(AnomalyName.Torn, uid, Coordinates.Order(uid), "the content is not the one its content_hash was computed from");
        }

        foreach (var order in snapshot.Orders.Notes)
        {
            if (IsDecidable(order))
            {
                figures.OrdersFolded++;
                CompareFold(order);
            }
            else
            {
                figures.OrdersNotCheckable++;
                if (order.DiffersFromItsRecord)
                {
                    Blame(AnomalyName.Torn, order.Uid, WhereRow(order), "the order has other content than the record its row names as the last one");
                }
            }

            if (told.Compare(order))
            {
                _ahead.Add(order);
            }
        }

        foreach (var doubt in doubts.Where(doubt => doubt.Orders.All(IsDecidable)))
        {
            anomalies.Add(doubt.IsMore ? AnomalyName.DuplicateEffect : AnomalyName.Unaccounted, doubt.Where, doubt.Text);
        }
    }

    /// <summary>Events ahead of the snapshot must have their order in the database by now.</summary>
    public async Task CatchUpAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        foreach (var portion in _ahead.Chunk(Portion))
        {
            var now = await CurrentOrders.ReadAsync(database, [.. portion.Select(order => order.Uid)], cancellationToken);
            foreach (var order in portion.Where(order => now.GetValueOrDefault(order.Uid).Version < order.HighestSequence))
            {
                var state = now.TryGetValue(order.Uid, out var current) ? $"the order has version {current.Version}" : "there is no such order";
                Blame(AnomalyName.Torn, order.Uid, told.WhereLast(order), $"an event of version {order.HighestSequence}, but {state}");
            }
        }
    }

    private void CompareFold(OrderNote order)
    {
        if (order.SuspectEvent >= 0)
        {
            var suspect = events[order.SuspectEvent];
            Blame(
                AnomalyName.Torn,
                order.Uid,
                EventCheck.Where(suspect, order),
                $"the event of version {suspect.Sequence} has other content than the record that made it");
        }

        if (!order.HasRow)
        {
            if (order.FoldPartition >= 0)
            {
                Blame(
                    AnomalyName.LostWrite,
                    order.Uid,
                    WhereFold(order),
                    $"the order's records were accounted for up to version {order.FoldVersion}, but there is no such order");
            }

            return;
        }

        if (order.FoldPartition < 0)
        {
            Blame(AnomalyName.Torn, order.Uid, WhereRow(order), "an order no record on the topic tells of");
        }
        else if (order.RowVersion < order.FoldVersion || order.RowVersion > order.FoldVersion + order.Forced)
        {
            Blame(
                order.RowVersion > order.FoldVersion ? AnomalyName.DuplicateEffect : AnomalyName.LostWrite,
                order.Uid,
                WhereFold(order),
                $"its records make version {order.FoldVersion}{(order.Forced == 0 ? "" : $" to {order.FoldVersion + order.Forced}, forced")}, "
                    + $"the order has version {order.RowVersion}");
        }
        else if (order.RowHash != order.FoldHash)
        {
            Blame(AnomalyName.Torn, order.Uid, WhereFold(order), $"version {order.RowVersion} has other content than its record");
        }
        else if (order.RowOffset != order.FoldOffset)
        {
            Blame(
                AnomalyName.Torn,
                order.Uid,
                WhereFold(order),
                string.Create(CultureInfo.InvariantCulture, $"the order's row names offset {order.RowOffset} as its last record; it is {order.FoldOffset}"));
        }
    }

    /// <summary>All its records are in one partition's first life and all of them can still be read.</summary>
    private bool IsDecidable(OrderNote order)
    {
        if (order.IsSpread || order.IsAmongBlamed)
        {
            return false;
        }

        if (order.FoldPartition < 0)
        {
            return walks.Values.All(walk => walk.IsWhole) && (!order.HasRow || IsOf(order, order.RowPartition));
        }

        return walks[order.FoldPartition].IsWhole && (!order.HasRow || IsOf(order, order.FoldPartition));
    }

    private bool IsOf(OrderNote order, int partition) =>
        walks.TryGetValue(partition, out var walk) && order.RowPartition == partition && order.RowEpoch == walk.Epoch;

    private static string WhereFold(OrderNote order) =>
        $"{Coordinates.Record(Topics.Orders, order.FoldPartition, order.FoldOffset)}, order {order.Uid}";

    private static string WhereRow(OrderNote order) =>
        $"{Coordinates.Record(Topics.Orders, order.RowPartition, order.RowOffset)}, order {order.Uid}";

    private void Blame(string name, string uid, string where, string text)
    {
        anomalies.Add(name, where, text);
        if (Blamed.Count < Anomalies.MostSamples * AnomalyName.All.Count)
        {
            Blamed.Add(uid);
        }
    }
}
