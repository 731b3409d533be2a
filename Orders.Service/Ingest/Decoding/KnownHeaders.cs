using System.Diagnostics;
using System.Text;
using Bus.Kafka.Records;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Whether the headers whose meaning is common knowledge mean anything. None is needed and none is believed: a bad one changes no outcome,
/// it is counted, because it shows a producer that is not what it takes itself for.
/// </summary>
internal static class KnownHeaders
{
    private const int LongestUseful = 4096;

    private static readonly Dictionary<string, Func<string, bool>> Rules = new(StringComparer.OrdinalIgnoreCase)
    {
        ["MessageId"] = IsId,
        ["CorrelationId"] = IsId,
        ["ConversationId"] = IsId,
        ["InitiatorId"] = IsId,
        ["RequestId"] = IsId,
        ["SourceAddress"] = IsAddress,
        ["DestinationAddress"] = IsAddress,
        ["ResponseAddress"] = IsAddress,
        ["FaultAddress"] = IsAddress,
        ["traceparent"] = value => ActivityContext.TryParse(value, traceState: null, out _),
        ["content-type"] = value => value.Contains("json", StringComparison.OrdinalIgnoreCase),
    };

    /// <summary>Whether one of them is there twice, or holds what cannot be read as what its name says. A missing one is not bad.</summary>
    public static bool AreBad(IReadOnlyList<RecordHeader> headers)
    {
        HashSet<string>? seen = null;
        foreach (var header in headers)
        {
            if (Rules.TryGetValue(header.Name, out var isGood)
                && (!(seen ??= new(StringComparer.OrdinalIgnoreCase)).Add(header.Name) || !IsGood(header.Value, isGood)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsGood(byte[]? value, Func<string, bool> isGood) =>
        value is { Length: <= LongestUseful }
        && JsonText.FindInvalidUtf8(value) < 0
        && Encoding.UTF8.GetString(value) is var text
        && !text.Any(char.IsControl)
        && isGood(text);

    private static bool IsId(string value) => Guid.TryParse(value, out var id) && id != Guid.Empty;

    private static bool IsAddress(string value) => Uri.TryCreate(value, UriKind.Absolute, out _);
}
