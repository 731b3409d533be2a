using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Bus.Kafka.Endpoints;

/// <summary>The message id of a record: derived from where it stands, so that it is the same however often it is read.</summary>
internal static class RecordId
{
    private static readonly Guid Namespace = new("6f6e1d1b-6f0c-5c53-9f4e-6a5b1f0a7c11");

    /// <summary>A UUID of version 5 (RFC 9562) over topic, epoch, partition and offset.</summary>
    public static Guid Of(string topic, int epoch, int partition, long offset)
    {
        Span<byte> name = stackalloc byte[16 + 16 + Encoding.UTF8.GetMaxByteCount(249)];
        Namespace.TryWriteBytes(name, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(name[16..], epoch);
        BinaryPrimitives.WriteInt32BigEndian(name[20..], partition);
        BinaryPrimitives.WriteInt64BigEndian(name[24..], offset);
        var length = 32 + Encoding.UTF8.GetBytes(topic.AsSpan(0, Math.Min(topic.Length, 249)), name[32..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 9562 prescribes SHA-1 for version 5; the id is no secret and guards nothing.
        SHA1.HashData(name[..length], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
