using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>
/// I5: per order, the events on the topic and those that still wait make versions 1, 2, 3 … without a gap, first occurrences in that order, each with the
/// content of its version. What comes again under one id is what at least once allows.
/// </summary>
internal sealed class EventCheck(Snapshot snapshot, EventNotes events, Anomalies anomalies, Figures figures)
{
    private readonly Dictionary<int, long> _lows = [];
    private bool _isCompacted;

    public void Read(TopicReader reader, bool isCompacted, CancellationToken cancellationToken)
    {
        _isCompacted = isCompacted;
        foreach (var partition in reader.Partitions(Topics.OrderEvents))
        {
            var bounds = reader.Bounds(Topics.OrderEvents, partition);
            _lows[partition] = bounds.Low;
            reader.Read(Topics.OrderEvents, partition, bounds, Take, cancellationToken);
        }

        foreach (var waiting in snapshot.Outbox)
        {
            Take(waiting);
        }
    }

    /// <summary>What is known of the order's events against the order itself.</summary>
    /// <returns>Whether there is an event above the order's version: its change came after the snapshot, or never.</returns>
    public bool Compare(OrderNote order)
    {
        var version = order.HasRow ? order.RowVersion : 0;
        if (order.HighestSequence != version || order.Sequences != version)
        {
            CompareSequences(order, version);
        }

        var last = version == 0 ? -1 : events.Find(order, version);
        if (last >= 0 && events[last].Hash != order.RowHash)
        {
            anomalies.Add(AnomalyName.Torn, Where(events[last], order), $"the event of version {version} has other content than the order");
        }

        return order.HighestSequence > version;
    }

    public static string Where(in EventNote note, OrderNote order) => note.Partition < 0
        ? string.Create(CultureInfo.InvariantCulture, $"outbox id {note.Offset}, order {order.Uid}")
        : $"{Coordinates.Record(Topics.OrderEvents, note.Partition, note.Offset)}, order {order.Uid}";

    public string WhereLast(OrderNote order) => Where(events[order.LastEvent], order);

    private void Take(ConsumeResult<byte[]?, byte[]?> record)
    {
        figures.Events++;
        var headers = record.Message.Headers;
        if (!OrderUid.IsValid(record.Message.Key)
            || headers is null
            || !headers.TryGetLastBytes(CloudEventHeaders.Id, out var id)
            || !headers.TryGetLastBytes(CloudEventHeaders.Sequence, out var text)
            || !long.TryParse(Encoding.ASCII.GetString(text), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            figures.EventsForeign++;
            return;
        }

        Take(snapshot.Orders.Of(record.Message.Key), new EventNote
        {
            Sequence = sequence,
            Partition = record.Partition.Value,
            Offset = record.Offset.Value,
            Id = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(id)),
            Hash = Digest.OfNullable(record.Message.Value),
        });
    }

    private void Take(OrderNote order, EventNote note)
    {
        if (note.Sequence <= order.HighestSequence)
        {
            var seen = events.Find(order, note.Sequence);
            if (seen >= 0)
            {
                TakeAgain(order, events[seen], note);
                return;
            }

            anomalies.Add(
                AnomalyName.EventOutOfOrder,
                Where(note, order),
                $"version {note.Sequence} first comes after version {order.HighestSequence} ({WhereLast(order)})");
        }

        events.Add(order, note);
    }

    private void TakeAgain(OrderNote order, in EventNote first, in EventNote again)
    {
        figures.EventsRepeated++;
        if (first.Id != again.Id)
        {
            anomalies.Add(AnomalyName.DuplicateEffect, Where(again, order), $"a second event of version {again.Sequence}; the first is {Where(first, order)}");
        }
        else if (first.Hash != again.Hash)
        {
            anomalies.Add(AnomalyName.Torn, Where(again, order), $"the same event with other content than at {Where(first, order)}");
        }
    }

    private void Take(WaitingEvent waiting)
    {
        var order = snapshot.Orders.Of(waiting.Uid);
        if (events.Find(order, waiting.Sequence) < 0)
        {
            // Sent but not marked yet is no second event; not sent is as if it stood at the topic's end.
            Take(order, new EventNote { Sequence = waiting.Sequence, Partition = -1, Offset = waiting.Id, Hash = waiting.Hash });
        }
    }

    private void CompareSequences(OrderNote order, long version)
    {
        var expected = FirstExpected(order);
        foreach (var sequence in events.SequencesOf(order).Where(sequence => sequence <= version).Order())
        {
            if (sequence > expected && _isCompacted)
            {
                figures.EventsNotCheckable += sequence - expected;
            }
            else if (sequence > expected)
            {
                Miss(order, expected, sequence - 1);
            }

            expected = sequence + 1;
        }

        if (expected > version)
        {
            return;
        }

        if (order.HighestSequence > version)
        {
            Miss(order, expected, version);
        }
        else if (order.FirstEvent < 0 && _lows.Values.Any(low => low > 0))
        {
            figures.EventsNotCheckable += version;
        }
        else
        {
            anomalies.Add(
                AnomalyName.Torn,
                Coordinates.Order(order.Uid),
                $"has version {version}, but no event tells of a version above {expected - 1}, sent or waiting");
        }
    }

    /// <summary>What the broker deleted from the beginning of the log cannot be looked for.</summary>
    private long FirstExpected(OrderNote order)
    {
        if (order.FirstEvent < 0)
        {
            return 1;
        }

        var first = events[order.FirstEvent];
        var isCut = first.Partition >= 0 ? _lows[first.Partition] > 0 : _lows.Values.Any(low => low > 0);
        if (!isCut)
        {
            return 1;
        }

        figures.EventsNotCheckable += first.Sequence - 1;
        return first.Sequence;
    }

    private void Miss(OrderNote order, long first, long last) => anomalies.Add(
        AnomalyName.EventMissing,
        Coordinates.Order(order.Uid),
        first == last ? $"no event of version {first}, though later ones were sent" : $"no events of versions {first} to {last}, though later ones were sent");
}
