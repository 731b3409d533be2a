using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace Bus.Storage;

/// <summary>
/// Rows in the binary format of Postgres' <c>COPY</c>, made in one rented buffer and sent in one piece. Against the same rows as arrays
/// through <c>unnest</c> Postgres does about half the work, for two round trips more.
/// </summary>
public sealed class CopyRows : IDisposable
{
    /// <summary>From this many rows on the work saved outweighs the round trips.</summary>
    public const int Worthwhile = 32;

    /// <summary>Elements of a <c>bigint[]</c>; the numbers are those of Postgres' own <c>pg_type</c>.</summary>
    public const int BigintType = 20;

    /// <summary>Elements of a <c>text[]</c>.</summary>
    public const int TextType = 25;

    /// <summary>Elements of a <c>bytea[]</c>.</summary>
    public const int ByteaType = 17;

    // The signature, no flags, no extension of the header.
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private const int MayHoldNulls = 1;
    private const int FirstSubscript = 1;

    private byte[] _buffer;
    private int _length;

    /// <param name="bytes">About how much the rows will take.</param>
    public CopyRows(int bytes)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, Header.Length));
        Header.CopyTo(_buffer, 0);
        _length = Header.Length;
    }

    /// <summary>Begins a row; as many values follow, in the order of the statement's columns.</summary>
    public void Row(short columns) => BinaryPrimitives.WriteInt16BigEndian(Take(sizeof(short)), columns);

    /// <summary>A <c>smallint</c>.</summary>
    public void Number(short value) => BinaryPrimitives.WriteInt16BigEndian(Value(sizeof(short)), value);

    /// <summary>An <c>integer</c>.</summary>
    public void Number(int value) => BinaryPrimitives.WriteInt32BigEndian(Value(sizeof(int)), value);

    /// <summary>A <c>bigint</c>.</summary>
    public void Number(long value) => BinaryPrimitives.WriteInt64BigEndian(Value(sizeof(long)), value);

    /// <summary>A <c>bytea</c> or null.</summary>
    public void Bytea(byte[]? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        value.CopyTo(Value(value.Length));
    }

    /// <summary>A <c>text</c> or null.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        Encoding.UTF8.GetBytes(value, Value(Encoding.UTF8.GetByteCount(value)));
    }

    /// <summary>An array of one dimension; <paramref name="write"/> is called for each item and writes one value.</summary>
    public void Array<T>(int elementType, IReadOnlyList<T> items, Action<T> write)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(write);
        Take(sizeof(int));
        var start = _length;
        foreach (var header in (ReadOnlySpan<int>)[1, MayHoldNulls, elementType, items.Count, FirstSubscript])
        {
            BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), header);
        }

        for (var i = 0; i < items.Count; i++)
        {
            write(items[i]);
        }

        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start - sizeof(int)), _length - start);
    }

    /// <summary>Sends the rows; <paramref name="statement"/> is <c>COPY … FROM STDIN (FORMAT BINARY)</c>.</summary>
    /// <exception cref="PostgresException">A row was refused; none of them is in, and the transaction is void.</exception>
    public async Task SendAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        BinaryPrimitives.WriteInt16BigEndian(Take(sizeof(short)), -1);
        await using var stream = await connection.BeginRawBinaryCopyAsync(statement, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), -1);

    private Span<byte> Value(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), length);
        return Take(length);
    }

    private Span<byte> Take(int length)
    {
        if (_length + length > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        _length += length;
        return _buffer.AsSpan(_length - length, length);
    }
}
