using System.Runtime.CompilerServices;

namespace Orders.Tools.Publish;

/// <summary>What is to be published: files, one order file, standard input, or made-up orders.</summary>
internal sealed record PublishRequest(IReadOnlyList<string> Files, string? OneOrder, long? Count, long Seed, bool Raw, Stream? Input)
{
    private static readonly string[] LineExtensions = [".ndjson", ".jsonl"];

    /// <summary>What comes between made-up orders.</summary>
    public Shares Shares { get; init; }

    /// <summary>How many records there will be, where that is known.</summary>
    public long? Total => Count ?? (OneOrder is null ? null : 1);

    public void Check()
    {
        var sources = (Files.Count > 0 ? 1 : 0) + (OneOrder is null ? 0 : 1) + (Count is null ? 0 : 1);
        if (sources > 1)
        {
            throw BusException.Failed("FILE, -j and --count were given together; give one of them.");
        }

        if (sources == 0 && Input is null)
        {
            throw BusException.Failed("Nothing to publish. Give files, -j FILE, --count N, or pipe one order per line to standard input.");
        }

        if (Count is <= 0)
        {
            throw BusException.Failed($"--count {Count} is not a number of orders; give 1 or more.");
        }

        Shares.Check();
        if (Shares.Sum > 0 && Count is null)
        {
            throw BusException.Failed("--poison, --dup, --update and --remove are shares of made-up orders; give them with --count N.");
        }

        foreach (var file in Files.Append(OneOrder).OfType<string>().Where(file => !File.Exists(file)))
        {
            throw BusException.Failed($"{file} is not there.");
        }
    }

    public async IAsyncEnumerable<PublishedRecord> RecordsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Count is { } count)
        {
            foreach (var record in new MadeUpTraffic(Seed, Shares).Records(count))
            {
                yield return record;
            }
        }
        else if (OneOrder is not null)
        {
            yield return Checked(RecordReader.Record(await File.ReadAllBytesAsync(OneOrder, cancellationToken), OneOrder));
        }
        else if (Files.Count > 0)
        {
            foreach (var file in Files)
            {
                await using var stream = File.OpenRead(file);
                var shape = LineExtensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
                    ? InputShape.Lines
                    : InputShape.Document;
                await foreach (var record in RecordReader.ReadAsync(stream, file, shape, cancellationToken))
                {
                    yield return Checked(record);
                }
            }
        }
        else
        {
            await foreach (var record in RecordReader.ReadAsync(Input!, "standard input", InputShape.Pipe, cancellationToken))
            {
                yield return Checked(record);
            }
        }
    }

    private PublishedRecord Checked(PublishedRecord record) => record.Key is not null || Raw
        ? record
        : throw BusException.Failed(
            $"{record.Source} holds no order_uid to be the record's key. Mend it, or send it without a key with --raw.");
}
