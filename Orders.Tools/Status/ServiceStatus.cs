using System.Text.Json;
using Orders.Tools.Printing;

namespace Orders.Tools.Status;

/// <summary>What the service's <c>/api/status</c> tells. It is shown as it comes, so that a newer service can tell more.</summary>
internal static class ServiceStatus
{
    private const int MostLines = 60;

    /// <summary>The service's answer; null where it gives none.</summary>
    public static async Task<JsonElement?> AskAsync(string operationsUrl, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await LocalHttp.Client.GetAsync($"{operationsUrl}/api/status", cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }

            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            return document.RootElement.Clone();
        }
        catch (Exception silent) when (silent is HttpRequestException or JsonException)
        {
            return null;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The answer as lines, one per object; counts of zero and what is not known are left out.</summary>
    public static IEnumerable<string> Lines(JsonElement? answer)
    {
        if (answer is not { ValueKind: JsonValueKind.Object } status)
        {
            return [];
        }

        return status.EnumerateObject()
            .Where(property => property.Name is not ("schema" or "ready" or "status" or "reasons"))
            .SelectMany(property => property.Value.ValueKind == JsonValueKind.Array
                ? property.Value.EnumerateArray().Select(item => (property.Name, Value: Row(item, Known)))
                : [(property.Name, Value: Row(property.Value, Says))])
            .Where(row => row.Value.Length > 0)
            .Take(MostLines)
            .Select(row => $"{TerminalText.Line(row.Name),-12}{TerminalText.Line(row.Value)}");
    }

    private static string Row(JsonElement item, Func<JsonElement, bool> shown) => item.ValueKind == JsonValueKind.Object
        ? string.Join(
            ", ", item.EnumerateObject().Where(property => shown(property.Value)).Select(property => $"{property.Name} {property.Value}"))
        : item.ToString();

    private static bool Known(JsonElement value) =>
        value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Array or JsonValueKind.Object);

    private static bool Says(JsonElement value) =>
        Known(value) && (value.ValueKind != JsonValueKind.Number || value.GetDouble() != 0);
}
