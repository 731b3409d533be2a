using System.Runtime.InteropServices;
using Bus.Storage.Outbox;
using Failpoints;
using Orders.Contracts;
using Orders.Service.Storage;

namespace Orders.Service.Ingest.Folding;

/// <summary>
/// Folds changes, in offset order, onto the orders as they are stored: one version and one event per change. Pure. What is not newer
/// than the row is never applied, unless it is forced; a row's position and time only move forward.
/// </summary>
internal sealed class OrderFold
{
    private readonly Dictionary<string, OrderRow> _rows;
    private readonly List<NewEvent> _events;

    /// <param name="rows">The orders as they are stored; those that do not exist are added.</param>
    /// <param name="changes">How many there will be, if known: nothing grows then.</param>
    public OrderFold(Dictionary<string, OrderRow> rows, int changes = 0)
    {
        (_rows, _events) = (rows, new(changes));
        _rows.EnsureCapacity(changes);
    }

    /// <summary>The rows as they are to be written, those that did not exist included.</summary>
    public IEnumerable<OrderRow> Rows => _rows.Values;

    /// <summary>One per change, in the order of the changes.</summary>
    public IReadOnlyList<NewEvent> Events => _events;

    /// <summary>Applies one record and tells what it is accounted for as.</summary>
    public Outcome Apply(in OrderChange change)
    {
        Failpoint.Hit("record", change.Uid);
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, change.Uid, out var isKnown);
        var row = known ??= new OrderRow { Uid = change.Uid, Base = OrderRow.None, Version = 0 };
        var isNewer = !isKnown || IsNewer(change, row);
        if (change.ContentHash is null)
        {
            return Remove(change, row, isNewer);
        }

        if (!row.IsRemoved && change.ContentHash.AsSpan().SequenceEqual(row.ContentHash))
        {
            MoveOn(change, row, isNewer || IsItsRecordInALaterEpoch(change, row));
            return Outcome.Duplicate;
        }

        if (!isNewer)
        {
            return Outcome.Superseded;
        }

        var type = row.IsRemoved ? OrderEventTypes.Created : OrderEventTypes.Updated;
        (row.Content, row.ContentHash) = (change.Content, change.ContentHash);
        Publish(change, row, type, isNewer);
        return Outcome.Stored;
    }

    /// <summary>
    /// Applies a record of a range that is run through again, to mend what a fault of ours made of it: also where the row has moved past it, as long
    /// as the row's last record is of the same log and below <paramref name="end"/>, and also where the row says that it holds these bytes already.
    /// It makes a version and an event, and leaves position and time where they are: what comes after the range is newer than all of it, whatever was
    /// forced, and what came from behind the range or from another log stays, as without force.
    /// </summary>
    public Outcome Force(in OrderChange change, long end)
    {
        if (!_rows.TryGetValue(change.Uid, out var row) || !IsOfOneLog(change, row) || row.Position.Offset >= end
            || (change.ContentHash is null && row.IsRemoved))
        {
            return Apply(change);
        }

        var type = change.ContentHash is null ? OrderEventTypes.Removed : row.IsRemoved ? OrderEventTypes.Created : OrderEventTypes.Updated;
        (row.Content, row.ContentHash) = (change.Content, change.ContentHash);
        Publish(change, row, type, IsNewer(change, row));
        return change.ContentHash is null ? Outcome.Removed : Outcome.Stored;
    }

    private Outcome Remove(in OrderChange change, OrderRow row, bool isNewer)
    {
        if (row.IsRemoved)
        {
            // Also the removal of an order nobody has seen: its row lets a create that comes late be seen to be older.
            MoveOn(change, row, isNewer || IsItsRecordInALaterEpoch(change, row));
            return Outcome.Ignored;
        }

        if (!isNewer)
        {
            return Outcome.Superseded;
        }

        (row.Content, row.ContentHash) = (null, null);
        Publish(change, row, OrderEventTypes.Removed, isNewer);
        return Outcome.Removed;
    }

    private void Publish(in OrderChange change, OrderRow row, string type, bool isNewer)
    {
        row.Version++;
        row.IsTouched = true;
        MoveOn(change, row, isNewer);
        _events.Add(new NewEvent(row.Uid, row.Version, type, row.Content, change.TraceParent));
    }

    private static void MoveOn(in OrderChange change, OrderRow row, bool isNewer)
    {
        if (isNewer)
        {
            row.Position = change.Position;
            row.Time = Math.Max(row.Time, change.Time);
            row.IsTouched = true;
        }
    }

    /// <summary>
    /// The row's own record, read again from the beginning of its log: the row must follow it into the epoch, or a later record
    /// of the same millisecond would tie with it and be taken for old.
    /// </summary>
    private static bool IsItsRecordInALaterEpoch(in OrderChange change, OrderRow row) =>
        change.Position.Partition == row.Position.Partition && change.Position.Epoch > row.Position.Epoch && change.Time >= row.Time;

    /// <summary>In one partition's log the offset tells; between logs only time can, and a tie is not newer.</summary>
    private static bool IsNewer(in OrderChange change, OrderRow row) =>
        IsOfOneLog(change, row)
            ? change.Position.Offset > row.Position.Offset
            : change.Time > row.Time;

    private static bool IsOfOneLog(in OrderChange change, OrderRow row) =>
        (change.Position.Epoch, change.Position.Partition) == (row.Position.Epoch, row.Position.Partition);
}
