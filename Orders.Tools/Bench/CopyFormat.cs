using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Orders.Tools.Bench;

/// <summary>Makes rows in the binary format of Postgres' <c>COPY</c>, beforehand.</summary>
internal sealed class CopyFormat
{
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] Trailer = [0xFF, 0xFF];
    private readonly ArrayBufferWriter<byte> _rows = new();

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

    private void Length(int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        _rows.Write(bytes);
    }
}
