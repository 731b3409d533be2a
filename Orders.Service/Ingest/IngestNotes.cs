using System.Diagnostics.Metrics;
using Orders.Service.Ingest.Decoding;

namespace Orders.Service.Ingest;

/// <summary>
/// Counts what is worth knowing about good records besides their outcome, since this process started: for collectors as counter
/// <c>orders.ingest.notes</c> of meter <c>Orders.Service</c> with the tag <c>note</c>, for people in <c>/api/status</c>.
/// </summary>
internal sealed class IngestNotes
{
    /// <summary>The meter of this service.</summary>
    public const string MeterName = "Orders.Service";

    /// <summary>The counter's name.</summary>
    public const string CounterName = "orders.ingest.notes";

    private static readonly (DecodedFlags Flag, string Name, string Meaning)[] Known =
    [
        (DecodedFlags.BomStripped, "bom_stripped", "a byte order mark before the order, which is not kept"),
        (DecodedFlags.Inconsistent, "inconsistent", "sums or repeated ids that contradict each other"),
        (DecodedFlags.BadHeader, "bad_header", "a header of known meaning, twice or with a value it cannot have; not used"),
        (DecodedFlags.KeyMismatch, "key_mismatch", "a key that is not the order's uid, so its records may come through several partitions"),
    ];

    private readonly long[] _counts = new long[Known.Length];
    private readonly Counter<long> _counter;

    public IngestNotes(IMeterFactory meters) => _counter = meters.Create(MeterName).CreateCounter<long>(
        CounterName, "{record}", "Records that were good, and yet worth a note.");

    /// <summary>Every note with its count, those at zero included.</summary>
    public IReadOnlyDictionary<string, long> Counts =>
        Known.Index().ToDictionary(known => known.Item.Name, known => Interlocked.Read(ref _counts[known.Index]), StringComparer.Ordinal);

    /// <summary>What a note says, in a few words.</summary>
    public static string MeaningOf(string note) => Known.Single(known => known.Name == note).Meaning;

    /// <summary>Counts a batch that is committed; a batch that is tried again would be counted twice before.</summary>
    public void Count(IReadOnlyList<DecodedRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Notes == DecodedFlags.None)
            {
                continue;
            }

            foreach (var (index, (flag, name, _)) in Known.Index().Where(known => record.Notes.HasFlag(known.Item.Flag)))
            {
                Interlocked.Increment(ref _counts[index]);
                _counter.Add(1, new KeyValuePair<string, object?>("note", name));
            }
        }
    }
}
