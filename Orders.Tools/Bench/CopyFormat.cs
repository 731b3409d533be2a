using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Orders.Tools.Bench;

/// <summary>Makes rows in the binary format of Postgres' <c>COPY</c>, beforehand.</summary>
internal sealed class CopyFormat
{
    /// <summary>Elements of a <c>bigint[]</c>; the numbers are those of Postgres' <c>pg_type</c>.</summary>
    public const int BigintType = 20;

    /// <summary>Elements of a <c>text[]</c>.</summary>
    public const int TextType = 25;

    /// <summary>Elements of a <c>bytea[]</c>.</summary>
    public const int ByteaType = 17;

    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] Trailer = [0xFF, 0xFF];
    private ArrayBufferWriter<byte> _rows = new();

    public static byte[] Rows<T>(T[] items, Func<CopyFormat, T, int, CopyFormat> row)
    {
        var format = new CopyFormat();
        format._rows.Write(Header);
        for (var index = 0; index < items.Length; index++)
        {
            row(format, items[index], index);
        }

        format._rows.Write(Trailer);
        return format._rows.WrittenSpan.ToArray();
    }

    public CopyFormat Row(short columns)
    {
        Span<byte> bytes = stackalloc byte[sizeof(short)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, columns);
        _rows.Write(bytes);
        return this;
    }

    public CopyFormat Smallint(short value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(short)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        return Bytea(bytes);
    }

    public CopyFormat Int(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Bytea(bytes);
    }

    public CopyFormat Bigint(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Bytea(bytes);
    }

    public CopyFormat Text(string value) => Bytea(Encoding.UTF8.GetBytes(value));

    public CopyFormat Bytea(ReadOnlySpan<byte> value)
    {
        Length(value.Length);
        _rows.Write(value);
        return this;
    }

    public CopyFormat Null()
    {
        Length(-1);
        return this;
    }

    /// <summary>An array of one dimension, from 1; <paramref name="write"/> writes one value for each item.</summary>
    public CopyFormat Array<T>(int elementType, T[] items, Action<T> write)
    {
        var (rows, array) = (_rows, new ArrayBufferWriter<byte>());
        _rows = array;
        foreach (var header in (int[])[1, 1, elementType, items.Length, 1])
        {
            Length(header);
        }

        System.Array.ForEach(items, write);
        _rows = rows;
        return Bytea(array.WrittenSpan);
    }

    private void Length(int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        _rows.Write(bytes);
    }
}
