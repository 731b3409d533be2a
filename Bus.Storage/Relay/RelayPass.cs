using Npgsql;

namespace Bus.Storage.Relay;

/// <summary>What the relay read at once, row by row, and what the target has confirmed of it.</summary>
internal sealed class RelayPass
{
    private const string RemoveSql = "DELETE FROM outbox WHERE id = ANY ($1)";

    private static readonly string KeepSql = SqlText.Read("Relay.KeepUnconfirmed.sql");

    private readonly List<OutboxEvent> _events = [];
    private readonly HashSet<OutboxEvent> _confirmed = new(ReferenceEqualityComparer.Instance);

    /// <summary>In the order of the outbox, those of a row behind each other.</summary>
    public IReadOnlyList<OutboxEvent> Events => _events;

    /// <summary>How many of them the target has confirmed.</summary>
    public int ConfirmedEvents => _confirmed.Count;

    /// <summary>Adds the events of a row; as many of each part as there are events.</summary>
    public void AddRow(long id, DateTime occurredAt, string[] keys, long[] sequences, string[] types, byte[]?[] payloads, string?[] traceParents)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            _events.Add(new OutboxEvent(id, keys[i], sequences[i], types[i], payloads[i], occurredAt, traceParents[i]));
        }
    }

    /// <summary>Takes note of events of this pass that need not be sent again.</summary>
    public void Confirmed(IEnumerable<OutboxEvent> events) => _confirmed.UnionWith(events);

    /// <summary>Adds what removes the confirmed events: rows that are confirmed as a whole, in one statement, and each other row's share.</summary>
    public void Remove(NpgsqlBatch batch)
    {
        var whole = new List<long>();
        for (var (first, next) = (0, 0); first < _events.Count; first = next)
        {
            var unconfirmed = new List<int>();
            for (next = first; next < _events.Count && _events[next].Id == _events[first].Id; next++)
            {
                if (!_confirmed.Contains(_events[next]))
                {
                    unconfirmed.Add(next - first + 1);
                }
            }

            if (unconfirmed.Count == 0)
            {
                whole.Add(_events[first].Id);
            }
            else if (unconfirmed.Count < next - first)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(KeepSql)
                {
                    Parameters = { new() { Value = _events[first].Id }, new() { Value = next - first }, new() { Value = unconfirmed } },
                });
            }
        }

        if (whole.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(RemoveSql) { Parameters = { new() { Value = whole } } });
        }
    }
}
