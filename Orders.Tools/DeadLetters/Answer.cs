using System.Text.Json;
using Orders.Tools.Printing;

namespace Orders.Tools.DeadLetters;

/// <summary>Reads the port's answers without minding what a newer service adds or leaves out; all text comes out safe to print.</summary>
internal static class Answer
{
    /// <summary>The member's value on one line; empty where there is none.</summary>
    public static string Text(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? TerminalText.Line(value.ToString())
            : "";

    public static IEnumerable<JsonElement> Items(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    /// <summary>The bytes of a base64 member; null where it is null.</summary>
    public static byte[]? Bytes(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetBytesFromBase64() : null;

    /// <summary>What the service says to a person: a replay's sentence or an error's detail.</summary>
    public static string Sentence(JsonElement answer) =>
        Text(answer, "sentence") is { Length: > 0 } sentence ? sentence
        : Text(answer, "detail") is { Length: > 0 } detail ? detail
        : Text(answer, "title");
}
