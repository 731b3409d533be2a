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

    /// <summary>The answer as lines of name and value, one per leaf.</summary>
    public static IEnumerable<string> Lines(JsonElement? answer)
    {
        if (answer is not { ValueKind: JsonValueKind.Object } status)
        {
            return [];
        }

        return status.EnumerateObject()
            .Where(property => property.Name is not ("schema" or "status" or "reasons"))
            .SelectMany(property => Leaves(property.Name, property.Value))
            .Take(MostLines)
            .Select(leaf => $"{TerminalText.Line(leaf.Name)}: {TerminalText.Line(leaf.Value)}");
    }

    private static IEnumerable<(string Name, string Value)> Leaves(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(property => Leaves($"{name} {property.Name}", property.Value)),
        JsonValueKind.Array => value.EnumerateArray().Select(item => (name, Row(item))),
        _ => [(name, value.ToString())],
    };

    private static string Row(JsonElement item) => item.ValueKind == JsonValueKind.Object
        ? string.Join(", ", item.EnumerateObject().Select(property => $"{property.Name} {property.Value}"))
        : item.ToString();
}
