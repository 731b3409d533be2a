using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Orders.Tools.Publish;

/// <summary>What an input is taken for before its bytes are looked at.</summary>
internal enum InputShape
{
    /// <summary>A file: one document, or lines if it is none.</summary>
    Document,

    /// <summary>A pipe: lines if the first one is a document, so that it is published as it comes; else as a file.</summary>
    Pipe,

    /// <summary>One record per line for certain.</summary>
    Lines,
}

/// <summary>
/// Cuts an input into records without changing a byte of them: one JSON document is one record, exactly as it stands; else each line
/// that is not blank is one record, without its line end.
/// </summary>
internal static class RecordReader
{
    /// <summary>The largest input or line that is taken as one record: the broker's usual limit is 1 MiB.</summary>
    public const int LargestRecord = 16 * 1024 * 1024;

    /// <param name="input">What to read.</param>
    /// <param name="source">Its name in messages.</param>
    /// <param name="shape">What to take it for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<PublishedRecord> ReadAsync(
        Stream input, string source, InputShape shape, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new LineReader(input, source);
        var first = await reader.NextAsync(cancellationToken);
        if (first is null)
        {
            yield break;
        }

        if (shape != InputShape.Lines
            && (!IsJson(first.Value) || (shape == InputShape.Document && await reader.IsAtEndAsync(cancellationToken))))
        {
            var whole = await reader.RestAsync(first.Value, cancellationToken);
            if (IsJson(whole))
            {
                yield return Record(whole, source);
                yield break;
            }

            reader = new LineReader(new MemoryStream(whole.ToArray()), source);
            first = await reader.NextAsync(cancellationToken);
        }

        for (var line = first; line is not null; line = await reader.NextAsync(cancellationToken))
        {
            var content = WithoutLineEnd(line.Value);
            if (content.Span.IndexOfAnyExcept(" \t\r"u8) >= 0)
            {
                yield return Record(content, $"{source}, line {reader.LineNumber}");
            }
        }
    }

    public static PublishedRecord Record(ReadOnlyMemory<byte> content, string source) =>
        new(OrderUidFinder.Find(content.Span), content, source);

    private static ReadOnlyMemory<byte> WithoutLineEnd(ReadOnlyMemory<byte> line)
    {
        if (line.Span.EndsWith("\r\n"u8))
        {
            return line[..^2];
        }

        return line.Span.EndsWith("\n"u8) ? line[..^1] : line;
    }

    private static bool IsJson(ReadOnlyMemory<byte> content)
    {
        try
        {
            var reader = new Utf8JsonReader(content.Span);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads lines with their line ends, never more than one record ahead, so that a slow pipe is published as it comes.</summary>
    private sealed class LineReader(Stream input, string source)
    {
        private byte[] _buffer = new byte[64 * 1024];
        private int _start;
        private int _end;
        private bool _ended;

        public int LineNumber { get; private set; }

        public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
        {
            var searched = 0;
            while (true)
            {
                var at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
                if (at >= 0)
                {
                    return Take(searched + at + 1);
                }

                searched = _end - _start;
                if (!await FillAsync(cancellationToken))
                {
                    // Written out, because null would quietly become an empty memory here.
                    return searched == 0 ? (ReadOnlyMemory<byte>?)null : Take(searched);
                }
            }
        }

        public async Task<bool> IsAtEndAsync(CancellationToken cancellationToken) =>
            _start == _end && !await FillAsync(cancellationToken);

        public async Task<ReadOnlyMemory<byte>> RestAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
        {
            while (await FillAsync(cancellationToken))
            {
            }

            return first.ToArray().Concat(_buffer[_start.._end]).ToArray();
        }

        private ReadOnlyMemory<byte> Take(int length)
        {
            var line = _buffer.AsMemory(_start, length).ToArray();
            _start += length;
            LineNumber++;
            return line;
        }

        private async Task<bool> FillAsync(CancellationToken cancellationToken)
        {
            if (_ended)
            {
                return false;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _buffer.Length)
            {
                if (_buffer.Length >= LargestRecord)
                {
                    throw BusException.Failed(
                        $"{source} holds more than {LargestRecord} bytes without being one order per line; put one order on each line.");
                }

                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read;
            _ended = read == 0;
            return !_ended;
        }
    }
}
