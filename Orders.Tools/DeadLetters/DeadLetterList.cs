using System.Net;
using System.Text.Json;

namespace Orders.Tools.DeadLetters;

/// <summary>Prints dead letters as rows, newest first.</summary>
internal sealed class DeadLetterList(BusContext bus, OperationsPort operations)
{
    public async Task<int> RunAsync(string state, string? reason, int limit, bool json, CancellationToken cancellationToken)
    {
        var query = $"state={Uri.EscapeDataString(state)}&limit={limit}{(reason is null ? "" : $"&reason={Uri.EscapeDataString(reason)}")}";
        var (status, body) = await operations.GetAsync($"/api/dead-letters?{query}", cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            throw BusException.Failed(Answer.Sentence(body));
        }

        if (json)
        {
            bus.Terminal.JsonOfOthers(body);
            return ExitCode.Fine;
        }

        var items = body.GetProperty("items").EnumerateArray().ToList();
        if (items.Count == 0)
        {
            bus.Terminal.Say($"No dead letter is in state {state}.");
            return ExitCode.Fine;
        }

        bus.Terminal.Data($"{"ID",-8}{"STATE",-14}{"REASON",-24}{"WHERE",-28}{"BYTES",9}  {"UID",-24}RECORDED");
        foreach (var item in items)
        {
            var where = $"{Answer.Text(item, "topic")}/{Answer.Text(item, "partition")}@{Answer.Text(item, "offset")}";
            var bytes = Answer.Text(item, "valueBytes") is { Length: > 0 } length ? length : "null";
            bus.Terminal.Data(
                $"{Answer.Text(item, "id"),-8}{Answer.Text(item, "state"),-14}{Answer.Text(item, "reason"),-24}{where,-28}{bytes,9}  "
                + $"{(Answer.Text(item, "uid") is { Length: > 0 } uid ? uid : "-"),-24}{Answer.Text(item, "recordedAt")}");
        }

        if (body.TryGetProperty("next", out var next) && next.ValueKind == JsonValueKind.Number)
        {
            bus.Terminal.Say($"There are more; show more of them with --limit.");
        }

        return ExitCode.Fine;
    }
}
