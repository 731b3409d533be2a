using System.Net;
using System.Text.Json;

namespace Orders.Tools.DeadLetters;

/// <summary>Replays dead letters one after another and tells how each ended; 1 if any was not resolved.</summary>
internal sealed class DeadLetterReplays(BusContext bus, OperationsPort operations)
{
    private const int PageSize = 200;

    /// <param name="ids">Which ones; null for all that are dead now.</param>
    /// <param name="json">Whether to print one JSON result.</param>
    /// <param name="cancellationToken">Ends it between two of them.</param>
    public async Task<int> RunAsync(IReadOnlyList<long>? ids, bool json, CancellationToken cancellationToken)
    {
        var resolved = 0;
        var results = new List<object>();
        ids ??= await AllDeadAsync(cancellationToken);
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (status, answer) = await operations.PostAsync($"/api/dead-letters/{id}/replay", cancellationToken);
            resolved += status == HttpStatusCode.OK ? 1 : 0;
            results.Add(new { id, httpStatus = (int)status, answer });
            if (!json)
            {
                var outcome = status == HttpStatusCode.OK ? $"resolved, {Answer.Text(answer, "outcome")}" : "not resolved";
                bus.Terminal.Data($"{id}: {outcome}. {Answer.Sentence(answer)}");
            }
        }

        if (json)
        {
            bus.Terminal.JsonOfOthers(new { schema = "busorders/replays/1", resolved, notResolved = ids.Count - resolved, results });
        }
        else
        {
            bus.Terminal.Say($"{resolved} of {ids.Count} resolved.");
        }

        return resolved == ids.Count ? ExitCode.Fine : ExitCode.Failed;
    }

    private async Task<IReadOnlyList<long>> AllDeadAsync(CancellationToken cancellationToken)
    {
        var ids = new List<long>();
        var after = "";
        while (true)
        {
            var (status, page) = await operations.GetAsync($"/api/dead-letters?state=dead&limit={PageSize}{after}", cancellationToken);
            if (status != HttpStatusCode.OK)
            {
                throw BusException.Failed(Answer.Sentence(page));
            }

            ids.AddRange(Answer.Items(page, "items").Select(item => item.GetProperty("id").GetInt64()));
            if (!page.TryGetProperty("next", out var next) || next.ValueKind != JsonValueKind.Number)
            {
                // Oldest first: a later record of the same order should not be overtaken by an earlier one's replay.
                ids.Sort();
                return ids;
            }

            after = $"&after={next.GetInt64()}";
        }
    }
}
