using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>How the pass takes down what it refuses: the first thing only, with its path and place.</summary>
internal ref partial struct OrderPass
{
    private void Note(string reason, string problem) => Note(reason, problem, (int)reader.TokenStartIndex);

    private void Note(string reason, string problem, int at) => Refusal ??= Refuse(reason, at, problem, at);

    /// <summary>Takes down a limit, which goes before whatever was noted: what stands behind it is not read.</summary>
    private void StopAtTooMany(string what, string setting, int limit)
    {
        var at = (int)reader.TokenStartIndex;
        var path = JsonPathAt.Find(document, at, limits.MaxDepth);
        var problem = Refusal.Invariant($"{path} is one {what} too many; the limit is Ingest:{setting} = {limit}.");
        Refusal = new Refusal(
            RefusalReasons.TooManyItems, $"{problem} Raise it and replay, or have the producer send fewer.", path, offset + at);
    }

    private void NoteDuplicate() => Note(
        RefusalReasons.DuplicateProperty, "comes a second time in its object, and readers disagree which one counts");

    private void NoteMissing(OrderShape shape, int seen)
    {
        if (seen == shape.AllFields || Refusal is not null)
        {
            return;
        }

        var at = (int)reader.TokenStartIndex;
        var missing = shape.Fields[int.TrailingZeroCount(shape.AllFields & ~seen)];
        var path = $"{JsonPathAt.Find(document, at, limits.MaxDepth)}.{missing.Name}";
        Refusal = new Refusal(RefusalReasons.MissingField, $"{path} is missing. {Refusal.Mend}", path, offset + at);
    }

    private void NoteMistyped(OrderField field)
    {
        var (reason, wanted) = (field.Type, reader.TokenType) switch
        {
            (FieldType.Items, JsonTokenType.Null or JsonTokenType.StartObject) => (RefusalReasons.InvalidValue, "an array of items"),
            (_, JsonTokenType.Null) => (RefusalReasons.MissingField, "a value"),
            (FieldType.Items, _) => (RefusalReasons.WrongType, "an array of items"),
            (FieldType.Object, _) => (RefusalReasons.WrongType, "an object"),
            (FieldType.Integer, _) => (RefusalReasons.WrongType, "an integer"),
            _ => (RefusalReasons.WrongType, "a text"),
        };
        Note(reason, $"is {Describe(reader.TokenType)}; {wanted} is asked for");
    }

    private readonly Refusal Refuse(string reason, int pathAt, string problem, int at)
    {
        var path = JsonPathAt.Find(document, pathAt, limits.MaxDepth);
        var subject = path == "$" ? "The value" : path;
        return new Refusal(reason, $"{subject} {problem}. {Refusal.Mend}", path, offset + at);
    }

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        JsonTokenType.StartObject => "an object",
        _ => "an array",
    };
}
