using System.Data;
using Npgsql;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>A range of fetch positions with what its records came to.</summary>
internal readonly record struct AccountedRange(
    int Epoch, long First, long Next, long Stored, long Duplicate, long Superseded, long Removed, long Ignored, long Parked, long Redelivering,
    long Dead, long Absent, long Lost, long Expired)
{
    public long Sum => Stored + Duplicate + Superseded + Removed + Ignored + Parked + Redelivering + Dead + Absent + Lost;

    /// <summary>Offsets that are kept as a dead letter in some state.</summary>
    public long Kept => Dead + Parked + Redelivering;

    /// <summary>How many dead letters must be there: those that were resolved long ago are deleted, and only counted.</summary>
    public long Present => Kept - Expired;
}

/// <summary>A dead letter without its bytes. Had its replay an effect, it changed an order; by the rules that is only at the place of its own offset.</summary>
internal sealed record KeptLetter(long Id, int Epoch, long Offset, string State, string Reason, UInt128 Digest, bool HadEffect, bool WasRepeat)
{
    /// <summary>Kept when its range was run through again: ingest had accounted for the record as something else, and what that did still stands.</summary>
    public bool IsOfReprocess { get; init; }

    /// <summary>Nothing keeps the record aside any more.</summary>
    public bool IsResolved { get; init; }
}

/// <summary>Offsets that were run through ingest again by force; each of their records may have made a version of its order once more.</summary>
internal readonly record struct ForcedRange(int Epoch, long First, long Next);

/// <summary>An event that was not confirmed yet.</summary>
internal readonly record struct WaitingEvent(long Id, string Uid, long Sequence, UInt128 Hash);

/// <summary>Where a partition stands.</summary>
internal readonly record struct Standing(int Epoch, long Position);

/// <summary>
/// Everything the database says, from one moment: whatever the service does meanwhile, watermark, ranges, orders, outbox and dead
/// letters fit together or are broken.
/// </summary>
internal sealed class Snapshot
{
    private readonly Dictionary<int, List<AccountedRange>> _ranges = [];
    private readonly Dictionary<int, List<KeptLetter>> _letters = [];
    private readonly Dictionary<int, List<ForcedRange>> _forced = [];

    public Dictionary<int, Standing> Standings { get; } = [];

    public OrderBook Orders { get; } = new();

    public List<WaitingEvent> Outbox { get; } = [];

    /// <summary>Orders whose content is not what its hash says.</summary>
    public List<string> ForeignContents { get; } = [];

    public long OrderRows { get; private set; }

    public long DeadLetters => _letters.Values.Sum(letters => letters.Count);

    public IEnumerable<int> Partitions => Standings.Keys.Union(_ranges.Keys).Order();

    public IReadOnlyList<AccountedRange> RangesOf(int partition) => _ranges.GetValueOrDefault(partition) ?? [];

    public IReadOnlyList<KeptLetter> LettersOf(int partition) => _letters.GetValueOrDefault(partition) ?? [];

    public IReadOnlyList<ForcedRange> ForcedOf(int partition) => _forced.GetValueOrDefault(partition) ?? [];

    public static async Task<Snapshot> TakeAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var snapshot = new Snapshot();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var read = new SnapshotReader(connection, cancellationToken);
        if (await snapshot.ReadStandingsAsync(read) is { } group)
        {
            await snapshot.ReadRangesAsync(read, group);
            await snapshot.ReadLettersAsync(read, group);
            await read.EachAsync("Forced.sql", [group, Topics.Orders], row => ListOf(snapshot._forced, row.GetInt32(0)).Add(
                new(row.GetInt32(1), row.GetInt64(2), row.GetInt64(3))));
        }

        await snapshot.ReadOrdersAsync(read);
        await read.EachAsync("Outbox.sql", [], row => snapshot.Outbox.Add(
            new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), HashAt(row, 3))));
        await transaction.CommitAsync(cancellationToken);
        return snapshot;
    }

    private async Task<string?> ReadStandingsAsync(SnapshotReader read)
    {
        string? group = null;
        await read.EachAsync("Watermarks.sql", [Topics.Orders], row =>
        {
            if (group is not null && group != row.GetString(0))
            {
                throw BusException.Failed(
                    $"Groups {group} and {row.GetString(0)} both account for topic {Topics.Orders} into the same tables; which one to verify is not known.");
            }

            group = row.GetString(0);
            Standings.Add(row.GetInt32(1), new(row.GetInt32(2), row.GetInt64(3)));
        });
        return group;
    }

    private Task ReadRangesAsync(SnapshotReader read, string group) => read.EachAsync("Ranges.sql", [group, Topics.Orders], row =>
        ListOf(_ranges, row.GetInt32(0)).Add(new(
            row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8),
            row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.GetInt64(14))));

    private Task ReadLettersAsync(SnapshotReader read, string group) => read.EachAsync("DeadLetters.sql", [group, Topics.Orders], row =>
    {
        var names = row.GetFieldValue<string[]>(9);
        var values = row.GetFieldValue<byte[]?[]>(10);
        var digest = Digest.OfRecord(
            BytesAt(row, 7), BytesAt(row, 8), row.GetInt64(4), [.. names.Select((name, i) => (name, values.ElementAtOrDefault(i)))]);
        var isResolved = row.GetString(5) == "resolved";
        var outcome = row.IsDBNull(11) ? "" : row.GetString(11);
        ListOf(_letters, row.GetInt32(1)).Add(new(
            row.GetInt64(0), row.GetInt32(2), row.GetInt64(3), row.GetString(5), row.GetString(6), digest,
            HadEffect: isResolved && outcome is "stored" or "removed",
            WasRepeat: isResolved && outcome is "duplicate" or "ignored") { IsOfReprocess = row.GetBoolean(12), IsResolved = isResolved });
    });

    private Task ReadOrdersAsync(SnapshotReader read) => read.EachAsync("Orders.sql", [], row =>
    {
        var note = Orders.Of(row.GetString(0));
        (note.HasRow, note.RowVersion, note.RowHash) = (true, row.GetInt64(1), HashAt(row, 5));
        (note.RowEpoch, note.RowPartition, note.RowOffset) = (row.GetInt32(2), row.GetInt32(3), row.GetInt64(4));
        OrderRows++;
        if (HashAt(row, 6) != note.RowHash)
        {
            ForeignContents.Add(note.Uid);
        }
    });

    private static UInt128 HashAt(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? Digest.None : Digest.Cut(row.GetFieldValue<byte[]>(column));

    private static byte[]? BytesAt(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    private static List<T> ListOf<T>(Dictionary<int, List<T>> lists, int partition)
    {
        if (!lists.TryGetValue(partition, out var list))
        {
            lists.Add(partition, list = []);
        }

        return list;
    }
}

/// <summary>Runs the queries of this room, row by row.</summary>
internal sealed class SnapshotReader(NpgsqlConnection connection, CancellationToken cancellationToken)
{
    public async Task EachAsync(string query, object[] parameters, Action<NpgsqlDataReader> take)
    {
        await using var command = new NpgsqlCommand(QueryText.Read(query), connection) { CommandTimeout = QueryText.PatienceSeconds };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            take(rows);
        }
    }
}

/// <summary>The SQL of this room.</summary>
internal static class QueryText
{
    /// <summary>Hashing every content of a large table takes a while.</summary>
    public const int PatienceSeconds = 600;

    public static string Read(string name)
    {
        using var resource = typeof(QueryText).Assembly.GetManifestResourceStream($"Orders.Tools.Verify.{name}")
            ?? throw new InvalidOperationException($"The query {name} is not part of this program.");
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
