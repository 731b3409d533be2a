namespace Bus.Storage.Outbox;

/// <summary>Which of some events share a row of the outbox: those of one lane, in their order.</summary>
internal sealed class OutboxRow
{
    /// <summary>
    /// The most bytes that share a row; a larger event has one of its own. A row is read and sent as a whole: larger ones would cost the relay
    /// memory, smaller ones Postgres' time.
    /// </summary>
    internal const int MaxBytes = 1 << 20;

    // What an event takes beside its payload, on its way to Postgres: a guess that is seldom too small.
    private const int BytesBesidePayload = 160;

    private readonly List<int> _places;

    private OutboxRow(short lane, int events) => (LaneNumber, _places) = (lane, new List<int>(events));

    /// <summary>The lane of all of them.</summary>
    public short LaneNumber { get; }

    /// <summary>About what they weigh.</summary>
    public int Bytes { get; private set; }

    /// <summary>Where they stand among all.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary>The rows of the events; of one lane, in the order of what is in them.</summary>
    public static List<OutboxRow> Of(IReadOnlyList<NewEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        var rows = new List<OutboxRow>(Lane.Count);
        var last = new OutboxRow?[Lane.Count];
        for (var place = 0; place < events.Count; place++)
        {
            var lane = Lane.Of(events[place].Key);
            var bytes = BytesBesidePayload + (events[place].Payload?.Length ?? 0);
            if (last[lane] is not { } row || row.Bytes + bytes > MaxBytes)
            {
                rows.Add(last[lane] = row = new OutboxRow(lane, (events.Count / Lane.Count * 3 / 2) + 1));
            }

            row._places.Add(place);
            row.Bytes += bytes;
        }

        return rows;
    }
}
