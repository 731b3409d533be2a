using System.Text.Json.Serialization;
using Bus.Storage.DeadLetters;
using Orders.Service.Failures;
using Orders.Service.Operations.Bytes;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>What <c>GET /api/dead-letters</c> answers. <see cref="Next"/> is the <c>after</c> of the next page, null on the last.</summary>
internal sealed record DeadLetterListAnswer(string Schema, IReadOnlyList<DeadLetterListItem> Items, long? Next)
{
    public static DeadLetterListAnswer Of(DeadLetterPageOfLines page) =>
        new("busorders/dead-letters/1", [.. page.Lines.Select(DeadLetterListItem.Of)], page.Next);
}

/// <summary>A dead letter in a list: never its payload, and its key only where that is an order uid.</summary>
internal sealed record DeadLetterListItem(
    long Id, string State, string Reason, string Title, string Topic, int Partition, int Epoch, long Offset, string? Uid, int? KeyBytes,
    int? ValueBytes, DateTime RecordedAt, DateTime? ResolvedAt)
{
    public static DeadLetterListItem Of(DeadLetterLine line) => new(
        line.Id, line.State, line.Reason, DeadLetterReasons.Of(line.Reason).Title, line.Topic, line.Partition, line.Epoch, line.Offset,
        line.Uid, line.KeyBytes, line.ValueBytes, line.RecordedAt, line.ResolvedAt);
}

/// <summary>
/// What <c>GET /api/dead-letters/{id}</c> answers. Bytes are base64; <c>…Text</c> is given besides where the bytes are UTF-8 without
/// invisible characters, so that it can be printed as it is.
/// </summary>
internal sealed record DeadLetterAnswer(
    string Schema, long Id, string State, string Reason, string Title, string Sentence, string Advice, bool Replayable, string? JsonPath,
    long? BytePosition, string Group, string Topic, int Partition, int Epoch, long Offset, long TimestampMs, DateTime? Timestamp,
    string? KeyText, string? KeyBase64, int? ValueBytes, string? ValueBase64, IReadOnlyList<HeaderAnswer> Headers,
    IReadOnlyList<AttemptAnswer> Attempts, string? Exception, DateTime RecordedAt, DateTime? ResolvedAt)
{
    public static DeadLetterAnswer Of(DeadLetter letter)
    {
        var reason = DeadLetterReasons.Of(letter.Reason);
        return new DeadLetterAnswer(
            "busorders/dead-letter/1", letter.Id, letter.State, letter.Reason, reason.Title, letter.Sentence, reason.Advice,
            letter.State == DeadLetterStates.Dead, letter.JsonPath, letter.BytePosition, letter.GroupId, letter.Topic, letter.Partition,
            letter.Epoch, letter.RecordOffset, letter.RecordTimestamp, RecordTime.Of(letter.RecordTimestamp), Text(letter.Key),
            Base64(letter.Key), letter.Value?.Length, Base64(letter.Value),
            [.. letter.HeaderNames.Select((name, i) => HeaderAnswer.Of(name, letter.HeaderValues.ElementAtOrDefault(i)))],
            [.. letter.Attempts.Select(AttemptAnswer.Of)],
            letter.Exception, letter.RecordedAt, letter.ResolvedAt);
    }

    internal static string? Text(byte[]? bytes) => bytes is null ? null : VisibleText.Clean(bytes);

    internal static string? Base64(byte[]? bytes) => bytes is null ? null : Convert.ToBase64String(bytes);
}

/// <summary>One header; names may repeat.</summary>
internal sealed record HeaderAnswer(string Name, string? ValueText, string? ValueBase64)
{
    public static HeaderAnswer Of(string name, byte[]? value) => new(name, DeadLetterAnswer.Text(value), DeadLetterAnswer.Base64(value));
}

/// <summary>One try to store the record.</summary>
internal sealed record AttemptAnswer(
    int Number, string Kind, DateTime AttemptedAt, string Outcome, string? Reason, string? Sentence, string? Actor)
{
    public static AttemptAnswer Of(DeadLetterAttempt attempt) => new(
        attempt.Number, attempt.Kind, attempt.AttemptedAt, attempt.Outcome, attempt.Reason, attempt.Sentence, attempt.Actor);
}

/// <summary>How a replay ended: <c>resolved</c>, or <c>still_dead</c>, which is an error and has its code.</summary>
internal sealed record ReplayAnswer(
    string Status,
    string? Outcome,
    string Sentence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceId = null)
{
    public static IResult Answer(ReplayResult result, string id, HttpContext context) => result.Status switch
    {
        ReplayStatus.Resolved => TypedResults.Json(
            new ReplayAnswer("resolved", result.Outcome, result.Sentence), OperationsJson.Default.ReplayAnswer),
        ReplayStatus.StillDead => TypedResults.Json(
            new ReplayAnswer("still_dead", result.Outcome, result.Sentence, "still_dead", Problem.TraceIdOf(context)),
            OperationsJson.Default.ReplayAnswer, statusCode: StatusCodes.Status422UnprocessableEntity),
        ReplayStatus.Conflict => new ProblemAnswer(new Problem(
            StatusCodes.Status409Conflict, "not_replayable", "Not in a state that can be replayed", result.Sentence)),
        _ => new ProblemAnswer(Problem.NoSuchDeadLetter(id)),
    };
}
