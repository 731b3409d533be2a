using System.Net;
using System.Text.Json;
using Orders.Tools.Printing;

namespace Orders.Tools.DeadLetters;

/// <summary>Prints one dead letter: why, where from, its headers, every attempt, its bytes.</summary>
internal sealed class DeadLetterPage(BusContext bus, OperationsPort operations)
{
    private const int MostBytes = 8 * 1024;

    private static readonly (string Label, string Name)[] Details =
        [("advice", "advice"), ("JSON path", "jsonPath"), ("at byte", "bytePosition"), ("exception", "exception")];

    public async Task<int> RunAsync(long id, bool json, CancellationToken cancellationToken)
    {
        var (status, letter) = await operations.GetAsync($"/api/dead-letters/{id}", cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            throw BusException.Failed(Answer.Sentence(letter));
        }

        if (json)
        {
            bus.Terminal.JsonOfOthers(letter);
            return ExitCode.Fine;
        }

        foreach (var line in Lines(letter))
        {
            bus.Terminal.Data(line);
        }

        return ExitCode.Fine;
    }

    internal static IEnumerable<string> Lines(JsonElement letter)
    {
        yield return $"Dead letter {Answer.Text(letter, "id")}: {Answer.Text(letter, "state")}, {Answer.Text(letter, "reason")}";
        yield return $"  {Answer.Text(letter, "sentence")}";
        foreach (var (label, name) in Details)
        {
            if (Answer.Text(letter, name) is { Length: > 0 } value)
            {
                yield return $"  {label,-11}{value}";
            }
        }

        yield return $"  {"record",-11}{Answer.Text(letter, "topic")}, partition {Answer.Text(letter, "partition")}, "
            + $"offset {Answer.Text(letter, "offset")}, epoch {Answer.Text(letter, "epoch")}, group {Answer.Text(letter, "group")}";
        yield return $"  {"timestamp",-11}{Answer.Text(letter, "timestamp")} ({Answer.Text(letter, "timestampMs")} ms)";
        var resolved = Answer.Text(letter, "resolvedAt") is { Length: > 0 } at ? $", resolved {at}" : "";
        yield return $"  {"recorded",-11}{Answer.Text(letter, "recordedAt")}{resolved}";
        yield return $"  {"key",-11}{OnOneLine(Answer.Bytes(letter, "keyBase64"))}";
        foreach (var header in Answer.Items(letter, "headers"))
        {
            yield return $"  {"header",-11}{Answer.Text(header, "name")}: {OnOneLine(Answer.Bytes(header, "valueBase64"))}";
        }

        yield return "Attempts";
        foreach (var attempt in Answer.Items(letter, "attempts"))
        {
            var who = Answer.Text(attempt, "actor") is { Length: > 0 } actor ? $", by {actor}" : "";
            yield return $"  {Answer.Text(attempt, "number"),-3}{Answer.Text(attempt, "attemptedAt")}  {Answer.Text(attempt, "kind")}: "
                + $"{Answer.Text(attempt, "outcome")}{who}  {Answer.Text(attempt, "sentence")}";
        }

        foreach (var line in ValueLines(Answer.Bytes(letter, "valueBase64"), Answer.Text(letter, "id")))
        {
            yield return line;
        }
    }

    private static string OnOneLine(byte[]? bytes) => bytes is null ? "null" : TerminalText.Block(bytes).ReplaceLineEndings("\\n");

    private static IEnumerable<string> ValueLines(byte[]? value, string id)
    {
        if (value is null)
        {
            yield return "Value: null";
            yield break;
        }

        yield return $"Value, {value.Length} bytes; what cannot be printed is shown as an escape";
        yield return TerminalText.Block(value.AsSpan(0, Math.Min(value.Length, MostBytes)));
        if (value.Length > MostBytes)
        {
            yield return $"… {value.Length - MostBytes} bytes more; all of them: bus dlq show {id} --json | jq -r .valueBase64 | base64 -d";
        }
    }
}
