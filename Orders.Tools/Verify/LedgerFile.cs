using System.Globalization;
using System.Text;
using System.Text.Json;
using Orders.Contracts;
using Orders.Tools.Publish;

namespace Orders.Tools.Verify;

/// <summary>A record the broker acknowledged.</summary>
internal readonly record struct AckedSend(long Offset, UInt128 Hash, int Line) : IComparable<AckedSend>
{
    public int CompareTo(AckedSend other) => Offset.CompareTo(other.Offset);
}

/// <summary>What a publisher wrote down, per partition in offset order.</summary>
internal sealed class LedgerFile
{
    private readonly Dictionary<int, List<AckedSend>> _acked = [];
    private readonly string _file;

    private LedgerFile(string file) => _file = file;

    public long Attempted { get; private set; }

    public long Acked { get; private set; }

    /// <summary>Neither acknowledged nor refuted: may be on the topic or not.</summary>
    public long Unknown => Attempted - Acked;

    public IEnumerable<int> Partitions => _acked.Keys.Order();

    public List<AckedSend> AckedOf(int partition) => _acked.GetValueOrDefault(partition) ?? [];

    /// <summary>How a line is named in samples.</summary>
    public string Name(AckedSend send) => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(_file)}:{send.Line}");

    public static async Task<LedgerFile> ReadAsync(string file, CancellationToken cancellationToken)
    {
        var ledger = new LedgerFile(file);
        try
        {
            using var reader = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, new FileStreamOptions { BufferSize = 1 << 16 });
            var number = 0;
            var half = 0;
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                number++;
                var isWhole = ledger.Take(line, number);

                // A killed publisher leaves half a line: the last one, or the last one before the next run's first.
                if (half > 0 && !line.StartsWith("{\"schema\"", StringComparison.Ordinal))
                {
                    throw BusException.Failed($"{file}, line {half} is not what bus publish wrote.");
                }

                half = isWhole ? 0 : number;
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw BusException.Failed($"The ledger {file} cannot be read: {unreadable.Message}");
        }

        foreach (var sends in ledger._acked.Values)
        {
            sends.Sort();
        }

        return ledger;
    }

    private bool Take(string text, int number)
    {
        try
        {
            using var line = JsonDocument.Parse(text);
            var fact = line.RootElement;
            if (fact.TryGetProperty("schema", out var schema))
            {
                CheckRun(schema.GetString(), fact.GetProperty("topic").GetString());
                return true;
            }

            switch (fact.GetProperty("state").GetString())
            {
                case Ledger.Attempted:
                    Attempted++;
                    break;
                case Ledger.Acked:
                    Acked++;
                    Add(fact, number);
                    break;
            }

            return true;
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private void Add(JsonElement fact, int number)
    {
        var hash = fact.GetProperty("hash").GetString();
        var partition = fact.GetProperty("partition").GetInt32();
        if (!_acked.TryGetValue(partition, out var sends))
        {
            _acked.Add(partition, sends = []);
        }

        sends.Add(new(fact.GetProperty("offset").GetInt64(), hash is null ? Digest.None : Digest.Cut(Convert.FromHexString(hash)), number));
    }

    private void CheckRun(string? schema, string? topic)
    {
        if (schema != Ledger.Schema)
        {
            throw BusException.Failed($"{_file} has schema {schema}; this verify reads {Ledger.Schema}.");
        }

        if (topic != Topics.Orders)
        {
            throw BusException.Failed($"{_file} is of topic {topic}; verify knows what becomes of {Topics.Orders} only.");
        }
    }
}
