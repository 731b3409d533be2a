using System.Text;
using System.Text.Json;
using Orders.Contracts;

namespace Orders.Tools.Verify;

/// <summary>What a record comes to by the rules.</summary>
internal enum Verdict
{
    Stored,
    Duplicate,
    Removed,
    Ignored,

    /// <summary>It holds no order and asks for no removal.</summary>
    Unreadable,
}

/// <summary>
/// The rules of what is new and what is old, read from the design and not from the service: within one partition's log every later record of an
/// order is newer; same bytes are a duplicate, other bytes a version, a null value a removal, and versions count on for ever.
/// </summary>
internal static class OrderRules
{
    /// <summary>The order a record is about and the content it asks for; null where it is about none.</summary>
    public static OrderNote? Subject(OrderBook orders, byte[]? key, byte[]? value, out UInt128 content)
    {
        content = Digest.None;
        if (value is null)
        {
            return OrderUid.IsValid(key) ? orders.Of(key) : null;
        }

        // The mark before the text is left aside, in what is stored too.
        var document = value.AsSpan();
        document = document.StartsWith(Encoding.UTF8.Preamble) ? document[Encoding.UTF8.Preamble.Length..] : document;
        content = Digest.Of(document);
        Span<byte> uid = stackalloc byte[OrderUid.MaxLength];
        var length = FindUid(document, uid);
        return length > 0 && OrderUid.IsValid(uid[..length]) ? orders.Of(uid[..length]) : null;
    }

    /// <summary>Applies the record to what its order was before.</summary>
    public static Verdict Apply(OrderNote order, int partition, long offset, UInt128 content)
    {
        if (order.FoldPartition >= 0 && order.FoldPartition != partition)
        {
            order.IsSpread = true;
        }

        (order.FoldPartition, order.FoldOffset) = (partition, offset);
        if (content == order.FoldHash)
        {
            return content == Digest.None ? Verdict.Ignored : Verdict.Duplicate;
        }

        (order.FoldHash, order.FoldVersion) = (content, order.FoldVersion + 1);
        return content == Digest.None ? Verdict.Removed : Verdict.Stored;
    }

    /// <summary>Copies the document's own <c>order_uid</c>; 0 where it is no JSON object with a text of that name that can be a uid.</summary>
    private static int FindUid(ReadOnlySpan<byte> document, Span<byte> uid)
    {
        var length = 0;
        Span<byte> text = stackalloc byte[6 * OrderUid.MaxLength];
        try
        {
            var reader = new Utf8JsonReader(document);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return 0;
            }

            while (reader.Read())
            {
                if (length == 0 && reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("order_uid"u8))
                {
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > text.Length)
                    {
                        return 0;
                    }

                    length = reader.CopyString(text);
                    if (length > uid.Length)
                    {
                        return 0;
                    }

                    text[..length].CopyTo(uid);
                }
            }

            return length;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return 0;
        }
    }
}
