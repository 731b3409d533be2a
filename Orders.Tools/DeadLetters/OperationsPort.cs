using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orders.Tools.Running;
using Orders.Tools.Status;

namespace Orders.Tools.DeadLetters;

/// <summary>The endpoints of the service's operations port, as the verbs need them.</summary>
internal sealed class OperationsPort(RunningSystem system)
{
    private static readonly string Actor = $"{Environment.UserName} with bus";

    private string Url => system.State.Addresses.OperationsUrl;

    public Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, path, body: null, cancellationToken);

    public Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, path, body: null, cancellationToken);

    public Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, path, body, cancellationToken);

    private async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var question = new HttpRequestMessage(method, $"{Url}{path}") { Content = body is null ? null : JsonContent.Create(body) };
        question.Headers.Add("X-Actor", Actor);
        using var answer = await SendAsync(question, cancellationToken);
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return (answer.StatusCode, document.RootElement.Clone());
        }
        catch (JsonException)
        {
            throw BusException.Failed($"{method} {Url}{path} answered {(int)answer.StatusCode} without JSON.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage question, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalHttp.Patient.SendAsync(question, cancellationToken);
        }
        catch (HttpRequestException refused)
        {
            throw BusException.Unreachable(
                $"The service's operations port at {Url} does not answer: {refused.Message}. Look with: bus status");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw BusException.Unreachable($"The service's operations port at {Url} does not answer in time. Look with: bus status");
        }
    }
}
