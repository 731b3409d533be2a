using System.Text.Json;

namespace Orders.Tools.Publish;

/// <summary>Finds the uid in an order's bytes, which become the record's key.</summary>
internal static class OrderUidFinder
{
    /// <summary>
    /// The value of the document's own <c>order_uid</c>; null where the bytes are no JSON object with a text of that name.
    /// </summary>
    public static string? Find(ReadOnlySpan<byte> document)
    {
        try
        {
            string? found = null;
            var reader = new Utf8JsonReader(document);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("order_uid"u8))
                {
                    reader.Read();
                    found ??= reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    reader.Skip();
                }
            }

            return string.IsNullOrEmpty(found) ? null : found;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // The uid's text is not valid UTF-8 or holds half a surrogate pair.
            return null;
        }
    }
}
