using System.Runtime.InteropServices;

namespace Orders.Tools.Verify;

/// <summary>The first occurrence of an event.</summary>
internal struct EventNote
{
    public long Sequence;
    public long Offset;
    public UInt128 Hash;
    public ulong Id;
    public int Partition;
    public int Next;
}

/// <summary>The first occurrence of every event, chained per order in the order they came.</summary>
internal sealed class EventNotes
{
    private readonly List<EventNote> _notes = [];

    public ref readonly EventNote this[int index] => ref CollectionsMarshal.AsSpan(_notes)[index];

    public void Add(OrderNote order, EventNote note)
    {
        note.Next = -1;
        var index = _notes.Count;
        _notes.Add(note);
        if (order.LastEvent < 0)
        {
            (order.FirstEvent, order.Cursor) = (index, index);
        }
        else
        {
            CollectionsMarshal.AsSpan(_notes)[order.LastEvent].Next = index;
        }

        order.LastEvent = index;
        order.Sequences++;
        order.HighestSequence = Math.Max(order.HighestSequence, note.Sequence);
    }

    /// <summary>The index of the order's event of that sequence; -1 where there is none. Cheap when asked in the order they came.</summary>
    public int Find(OrderNote order, long sequence)
    {
        var found = Find(order.Cursor, -1, sequence);
        found = found >= 0 ? found : Find(order.FirstEvent, order.Cursor, sequence);
        if (found >= 0)
        {
            order.Cursor = found;
        }

        return found;
    }

    public IEnumerable<long> SequencesOf(OrderNote order)
    {
        for (var index = order.FirstEvent; index >= 0; index = _notes[index].Next)
        {
            yield return _notes[index].Sequence;
        }
    }

    private int Find(int from, int until, long sequence)
    {
        for (var index = from; index >= 0 && index != until; index = this[index].Next)
        {
            if (this[index].Sequence == sequence)
            {
                return index;
            }
        }

        return -1;
    }
}
