using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orders.Tools.Verify;

/// <summary>128 bits of a SHA-256: enough to tell contents apart, small enough to keep one for each of a million orders.</summary>
internal static class Digest
{
    /// <summary>Stands for no content at all.</summary>
    public static readonly UInt128 None = UInt128.Zero;

    public static UInt128 Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return Cut(hash);
    }

    public static UInt128 OfNullable(byte[]? content) => content is null ? None : Of(content);

    /// <summary>The beginning of a whole SHA-256.</summary>
    public static UInt128 Cut(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    /// <summary>One digest over everything a record holds but its coordinates; each part with its length, so that nothing can slip over a border.</summary>
    public static UInt128 OfRecord(byte[]? key, byte[]? value, long timestamp, IReadOnlyList<(string Name, byte[]? Value)> headers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, BitConverter.GetBytes(timestamp));
        Append(hash, key);
        Append(hash, value);
        foreach (var (name, content) in headers)
        {
            Append(hash, Encoding.UTF8.GetBytes(name));
            Append(hash, content);
        }

        return Cut(hash.GetCurrentHash());
    }

    private static void Append(IncrementalHash hash, byte[]? part)
    {
        hash.AppendData(BitConverter.GetBytes(part?.Length ?? -1));
        hash.AppendData(part ?? []);
    }
}
