using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Bus.Caching.L2;

/// <summary>
/// A value as it lies in Redis. What is not exactly this is nobody's value, whoever wrote it.
/// <code>
/// 0       format, 0x01
/// 1..8    version, big endian            write.lua compares it
/// 9       1 = a body follows, 0 = removed
/// 10..17  checksum: the first 8 bytes of SHA-256 over key, version, flag and body
/// 18..    body
/// last 8  era, big endian                write.lua puts it there
/// </code>
/// </summary>
internal static class EntryFormat
{
    public const byte Format = 1;

    private const int VersionAt = 1;
    private const int FlagAt = 9;
    private const int ChecksumAt = 10;
    private const int ChecksumLength = 8;
    private const int BodyAt = ChecksumAt + ChecksumLength;
    private const int EraLength = 8;

    /// <summary>Without the era, which only Redis knows at the moment of writing.</summary>
    public static byte[] Encode(string key, CachedValue value)
    {
        var entry = new byte[BodyAt + (value.Body?.Length ?? 0)];
        entry[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(VersionAt), value.Version);
        entry[FlagAt] = value.Body is null ? (byte)0 : (byte)1;
        value.Body?.CopyTo(entry, BodyAt);
        Checksum(key, entry, entry.AsSpan(ChecksumAt, ChecksumLength));
        return entry;
    }

    public static bool TryDecode(string key, ReadOnlySpan<byte> stored, out long era, [NotNullWhen(true)] out CachedValue? value)
    {
        era = 0;
        value = null;
        if (stored.Length < BodyAt + EraLength || stored[0] != Format || stored[FlagAt] > 1)
        {
            return false;
        }

        era = BinaryPrimitives.ReadInt64BigEndian(stored[^EraLength..]);
        var entry = stored[..^EraLength];
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        Checksum(key, entry, checksum);
        var version = BinaryPrimitives.ReadInt64BigEndian(entry[VersionAt..]);
        if (!checksum.SequenceEqual(entry.Slice(ChecksumAt, ChecksumLength)) || version < 1)
        {
            return false;
        }

        value = new CachedValue(version, entry[FlagAt] == 0 ? null : entry[BodyAt..].ToArray());
        return true;
    }

    private static void Checksum(string key, ReadOnlySpan<byte> entry, Span<byte> checksum)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // The key takes part: a sound entry that was copied to another key is foreign there.
        hash.AppendData(Encoding.UTF8.GetBytes(key));
        hash.AppendData(entry[VersionAt..ChecksumAt]);
        hash.AppendData(entry[BodyAt..]);
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..checksum.Length].CopyTo(checksum);
    }
}
