using System.Security.Cryptography;
using System.Text;
using Bus.Kafka.Records;
using Orders.Service.Ingest.Decoding;
using Orders.Service.Ingest.Folding;
using Orders.Service.Storage;

namespace Orders.Service.Ingest;

/// <summary>A record and what it asks for, or why it cannot be stored; exactly one of change, refusal and ignored.</summary>
internal readonly record struct DecodedRecord(Record Record, OrderChange? Change, Refusal? Refusal, DecodedFlags Notes = DecodedFlags.None)
{
    /// <summary>What a record without a change is accounted for as.</summary>
    public Outcome Outcome => Refusal is null ? Outcome.Ignored : Outcome.Dead;

    /// <summary>The orders that the records change, one for each record that does: a lock takes the same one twice without harm.</summary>
    public static string[] Uids(IReadOnlyList<DecodedRecord> records)
    {
        var uids = new string[records.Count];
        var count = 0;
        for (var i = 0; i < uids.Length; i++)
        {
            if (records[i].Change is { } change)
            {
                uids[count++] = change.Uid;
            }
        }

        return count == uids.Length ? uids : uids[..count];
    }
}

/// <summary>Turns records into changes, before any transaction is open.</summary>
internal sealed class RecordDecoder(OrderReader reader, TimeProvider time)
{
    private const string TraceParentHeader = "traceparent";

    /// <summary>Decodes a run of one partition, in its order.</summary>
    /// <param name="epoch">Which life of the partition's log.</param>
    /// <param name="partition">Which partition.</param>
    /// <param name="records">In the order of their offsets.</param>
    /// <param name="seen">When they came, if not now: a record dated later than that counts as of then.</param>
    public IReadOnlyList<DecodedRecord> Decode(int epoch, int partition, IReadOnlyList<Record> records, DateTimeOffset? seen = null)
    {
        var now = (seen ?? time.GetUtcNow()).ToUnixTimeMilliseconds();

        // One for all of them: set up for each, it takes a quarter more.
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var decoded = new DecodedRecord[records.Count];
        for (var i = 0; i < decoded.Length; i++)
        {
            decoded[i] = Decode(records[i], new RecordPosition(epoch, partition, records[i].Offset), now, sha256);
        }

        return decoded;
    }

    private DecodedRecord Decode(Record record, RecordPosition position, long now, IncrementalHash sha256)
    {
        var headerBytes = 0;
        foreach (var header in record.Headers)
        {
            headerBytes += Encoding.UTF8.GetByteCount(header.Name) + (header.Value?.Length ?? 0);
        }

        var result = reader.Read(record.Key, record.Value, record.Headers.Count, headerBytes);
        var notes = result.Flags | (KnownHeaders.AreBad(record.Headers) ? DecodedFlags.BadHeader : DecodedFlags.None);

        // A record dated in the future must not block what comes after it, nor one dated before 1970 break the arithmetic.
        var recordTime = Math.Clamp(record.Timestamp, 0, now);
        switch (result.Kind)
        {
            case DecodedKind.Order:
                var content = result.ContentOffset == 0 ? record.Value! : record.Value![result.ContentOffset..];
                sha256.AppendData(content);
                var hash = sha256.GetHashAndReset();
                return new(record, new OrderChange(result.Uid!, content, hash, position, recordTime, TraceParent(record.Headers)), null, notes);
            case DecodedKind.Tombstone:
                return new(record, new OrderChange(result.Uid!, null, null, position, recordTime, TraceParent(record.Headers)), null, notes);
            case DecodedKind.Ignored:
                return new(record, null, null, notes);
            case DecodedKind.Refused:
                return new(record, null, result.Refusal);
            default:
                throw new InvalidOperationException($"A record was decoded as {result.Kind}, which nothing is done with.");
        }
    }

    /// <summary>The first traceparent of version 00; anything else starts no trace.</summary>
    private static string? TraceParent(IReadOnlyList<RecordHeader> headers)
    {
        foreach (var header in headers)
        {
            if (header.Name == TraceParentHeader && header.Value is { Length: 55 } value)
            {
                var text = Encoding.ASCII.GetString(value);
                return System.Diagnostics.ActivityContext.TryParse(text, traceState: null, out _) && text.StartsWith("00-", StringComparison.Ordinal)
                    ? text
                    : null;
            }
        }

        return null;
    }
}
