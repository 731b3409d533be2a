using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orders.Contracts;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>An independent judge of what the decoder accepts: documents, objects and copies, as slow as that is.</summary>
internal static partial class StrictJson
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Document = new() { MaxDepth = 32 };

    private static readonly JsonSerializerOptions Typed = new()
    {
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 32,
    };

    /// <summary>Whether <paramref name="bytes"/> are one JSON text in UTF-8.</summary>
    public static bool IsWellFormed(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(Utf8.GetString(bytes), Document);
            return true;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            // That is the answer.
            return false;
        }
    }

    /// <summary>
    /// Whether <paramref name="bytes"/> are an order that any reader of the typed message can take and that keeps the model's
    /// rules.
    /// </summary>
    public static bool IsOrder(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(Utf8.GetString(bytes), Document with { AllowDuplicateProperties = false });
            return HoldsOnlyText(document.RootElement)
                && document.RootElement.Deserialize<OrderReceived>(Typed) is { } order
                && Zone().IsMatch(document.RootElement.GetProperty("date_created").GetString()!)
                && KeepsRules(order);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            // That is the answer; the last is what half a surrogate pair causes.
            return false;
        }
    }

    private static bool HoldsOnlyText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => !element.GetString()!.Contains('\0', StringComparison.Ordinal),
        JsonValueKind.Array => element.EnumerateArray().All(HoldsOnlyText),
        JsonValueKind.Object => element.EnumerateObject()
            .All(member => !member.Name.Contains('\0', StringComparison.Ordinal) && HoldsOnlyText(member.Value)),
        _ => true,
    };

    private static bool KeepsRules(OrderReceived order) =>
        OrderUid.IsValid(order.OrderUid)
        && Currency().IsMatch(order.Payment.Currency)
        && order.Payment.Amount >= 0
        && order.Payment.DeliveryCost >= 0
        && IsPossible(order.DateCreated)
        && order.Payment.PaymentDt is >= 0 and < 253402300800
        && IsPossible(DateTimeOffset.FromUnixTimeSeconds(order.Payment.PaymentDt))
        && order.Items.All(item => item is { Price: >= 0, Sale: >= 0 and <= 100 });

    private static bool IsPossible(DateTimeOffset time) => time >= DateTimeOffset.UnixEpoch && time <= SampleOrder.Now.AddYears(1);

    [GeneratedRegex(@"\A[A-Z]{3}\z")]
    private static partial Regex Currency();

    [GeneratedRegex(@"T.*(Z|[+-]\d\d:\d\d)\z")]
    private static partial Regex Zone();
}
