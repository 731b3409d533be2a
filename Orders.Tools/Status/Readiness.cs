using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Orders.Tools.Status;

/// <summary>What a host's <c>/health/ready</c> said.</summary>
/// <param name="Answers">Whether the host answered at all.</param>
/// <param name="Ready">Whether it said it is ready.</param>
/// <param name="Reasons">Why it is not.</param>
internal sealed record Readiness(bool Answers, bool Ready, IReadOnlyList<string> Reasons)
{
    public static async Task<Readiness> AskAsync(string url, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await LocalHttp.Client.GetAsync($"{url}/health/ready", cancellationToken);
            return new(true, answer.StatusCode == HttpStatusCode.OK, await ReasonsAsync(answer, cancellationToken));
        }
        catch (HttpRequestException refused)
        {
            return new(false, false, [$"{url} does not answer: {refused.Message}"]);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(false, false, [$"{url} does not answer within {LocalHttp.Client.Timeout.TotalSeconds:0} s"]);
        }
    }

    private static async Task<IReadOnlyList<string>> ReasonsAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return body.ValueKind == JsonValueKind.Object
                && body.TryGetProperty("reasons", out var reasons)
                && reasons.ValueKind == JsonValueKind.Array
                ? [.. reasons.EnumerateArray().Select(reason => reason.ToString())]
                : [];
        }
        catch (JsonException)
        {
            return [$"HTTP {(int)answer.StatusCode}"];
        }
    }
}
