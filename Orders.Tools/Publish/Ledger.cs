using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Orders.Tools.Publish;

/// <summary>
/// What was sent and what came of it, one JSON line per fact: <c>attempted</c> before the send, then <c>acked</c> with partition and offset, or
/// <c>unknown</c> where nobody can say whether the record is on the topic. An attempt is with the operating system before the record is with the
/// client, so a killed publisher leaves no acknowledged record without its line; a send whose answer is missing counts as unknown. Several runs
/// may share a file: each begins with a line that names its schema.
/// </summary>
internal sealed class Ledger : IDisposable
{
    public const string Schema = "busorders/ledger/1";
    public const string Attempted = "attempted";
    public const string Acked = "acked";
    public const string Unknown = "unknown";

    private const byte LineEnd = (byte)'\n';

    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _lines = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<long, (string? Uid, string? Hash)> _open = [];
    private bool _closed;

    private Ledger(FileStream file)
    {
        _file = file;
        _json = new(_lines);
    }

    public static Ledger Open(string file, string topic, long? seed)
    {
        Ledger ledger;
        try
        {
            ledger = new Ledger(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw BusException.Failed($"The ledger {file} cannot be written: {refused.Message}");
        }

        ledger.Begin(topic, seed);
        return ledger;
    }

    /// <summary>To be called before the record is given to the client.</summary>
    public void Attempt(long send, PublishedRecord record)
    {
        var hash = record.IsRemoval ? null : Convert.ToHexStringLower(SHA256.HashData(record.Value.Span));
        lock (_gate)
        {
            _open.Add(send, (record.Key, hash));
            Write(Attempted, send, record.Key, hash);
            EndLine();
            Flush();
        }
    }

    public void Ack(long send, int partition, long offset)
    {
        lock (_gate)
        {
            if (!_closed && _open.Remove(send, out var record))
            {
                Write(Acked, send, record.Uid, record.Hash);
                _json.WriteNumber("partition", partition);
                _json.WriteNumber("offset", offset);
                EndLine();
            }
        }
    }

    public void Doubt(long send, string why)
    {
        lock (_gate)
        {
            if (!_closed && _open.Remove(send, out var record))
            {
                Write(Unknown, send, record.Uid, record.Hash);
                _json.WriteString("why", why);
                EndLine();
            }
        }
    }

    /// <summary>What has no answer by now is unknown.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var send in _open.Keys.Order().ToList())
            {
                Doubt(send, "no answer came");
            }

            Flush();
            _closed = true;
            _json.Dispose();
            _file.Dispose();
        }
    }

    private void Begin(string topic, long? seed)
    {
        // A publisher that was killed may have left half a line.
        if (_file.Length > 0)
        {
            _file.Seek(-1, SeekOrigin.End);
            if (_file.ReadByte() != LineEnd)
            {
                _file.WriteByte(LineEnd);
            }
        }

        _json.WriteStartObject();
        _json.WriteString("schema", Schema);
        _json.WriteString("topic", topic);
        if (seed is { } known)
        {
            _json.WriteNumber("seed", known);
        }

        EndLine();
        Flush();
    }

    private void Write(string state, long send, string? uid, string? hash)
    {
        _json.WriteStartObject();
        _json.WriteString("state", state);
        _json.WriteNumber("send", send);
        _json.WriteString("uid", uid);
        _json.WriteString("hash", hash);
    }

    private void EndLine()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _lines.Write([LineEnd]);
    }

    private void Flush()
    {
        _file.Write(_lines.WrittenSpan);
        _lines.ResetWrittenCount();
    }
}
