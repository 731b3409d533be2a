using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.Options;
using Orders.Contracts;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Decodes and validates one record without ever rewriting it: what is received is what is stored. Limits come first, then whether the
/// bytes are JSON, then whether they are an order. It never throws for what a record holds, and may be used by many threads at once.
/// </summary>
internal sealed class OrderReader(IOptions<DecodingOptions> options, TimeProvider timeProvider)
{
    private readonly DecodingOptions limits = options.Value;

    /// <summary>Decodes one record.</summary>
    /// <param name="key">The record's key.</param>
    /// <param name="value">The record's value; null, as told from empty, asks for the removal of the key's order.</param>
    /// <param name="headerCount">How many headers the record has.</param>
    /// <param name="headerBytes">The bytes of all their names and values.</param>
    public Decoded Read(byte[]? key, byte[]? value, int headerCount, long headerBytes)
    {
        if (headerCount > limits.MaxHeaders || headerBytes > limits.MaxHeaderBytes)
        {
            return Decoded.Refused(Refusal.HeadersTooLarge(headerCount, headerBytes, limits));
        }

        if (value is null)
        {
            return ReadRemoval(key);
        }

        if (value.Length > limits.MaxValueBytes)
        {
            return Decoded.Refused(Refusal.TooLarge(value.Length, limits.MaxValueBytes));
        }

        var mark = Encoding.UTF8.Preamble;
        var offset = value.AsSpan().StartsWith(mark) ? mark.Length : 0;
        var document = value.AsSpan(offset);
        if (document.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Decoded.Refused(Refusal.Blank(value.Length));
        }

        return Utf8.IsValid(document) ? ReadDocument(key, value, offset) : Decoded.Refused(ReadInvalidUtf8(value, offset));
    }

    /// <summary>
    /// A key that is no order uid cannot mean an order, so there is nothing to remove; without a key nothing was meant at all.
    /// </summary>
    private static Decoded ReadRemoval(byte[]? key) =>
        key is null ? Decoded.Refused(Refusal.NoKeyNoValue())
        : OrderUid.IsValid(key) ? Decoded.Tombstone(Encoding.ASCII.GetString(key))
        : Decoded.Ignored(IgnoreRules.Tombstone);

    private Decoded ReadDocument(byte[]? key, byte[] value, int offset)
    {
        var latest = timeProvider.GetUtcNow().AddYears(1);
        Span<int> scratch = stackalloc int[OrderPass.Scratch];
        var plain = new PlainPass(value.AsSpan(offset), limits, latest, scratch);
        try
        {
            if (plain.Run())
            {
                return Good(key, plain.Uid, offset, plain.IsInconsistent);
            }
        }
        finally
        {
            plain.Dispose();
        }

        return ReadAnyDocument(key, value, offset, latest, scratch);
    }

    private Decoded ReadAnyDocument(byte[]? key, byte[] value, int offset, DateTimeOffset latest, Span<int> scratch)
    {
        var pass = new OrderPass(value, offset, limits, latest, scratch);
        try
        {
            pass.Run();
            return pass.Refusal is null ? Good(key, pass.Uid, offset, pass.IsInconsistent) : Decoded.Refused(pass.Refusal);
        }
        catch (JsonException error)
        {
            return Decoded.Refused(pass.ExplainForeignNumber() ?? MalformedJson.Explain(value, offset, error, limits.MaxDepth));
        }
        finally
        {
            pass.Dispose();
        }
    }

    private static Decoded Good(byte[]? key, ReadOnlySpan<byte> uid, int offset, bool isInconsistent)
    {
        var flags = offset > 0 ? DecodedFlags.BomStripped : DecodedFlags.None;
        if (!uid.SequenceEqual(key))
        {
            flags |= DecodedFlags.KeyMismatch;
        }

        if (isInconsistent)
        {
            flags |= DecodedFlags.Inconsistent;
        }

        return Decoded.Order(Encoding.ASCII.GetString(uid), offset, flags);
    }

    /// <summary>
    /// Bytes that are no JSON whatever their encoding are told as that; only what would be JSON is told as text of another
    /// encoding.
    /// </summary>
    private Refusal ReadInvalidUtf8(byte[] value, int offset)
    {
        var document = value.AsSpan(offset);
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = limits.MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= limits.MaxDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                {
                    return Refusal.TooDeep(document, (int)reader.TokenStartIndex, offset, limits.MaxDepth);
                }
            }
        }
        catch (JsonException error)
        {
            return MalformedJson.Explain(value, offset, error, limits.MaxDepth);
        }

        var at = JsonText.FindInvalidUtf8(document);
        var path = JsonPathAt.Find(document, at, limits.MaxDepth);
        return new Refusal(
            RefusalReasons.InvalidUtf8,
            Refusal.Invariant($"{path} holds bytes that are not UTF-8, the first at byte {offset + at} of the value. {Refusal.Mend}"),
            path,
            offset + at);
    }
}
