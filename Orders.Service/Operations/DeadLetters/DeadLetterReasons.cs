using Orders.Contracts;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>What a reason code means for the operator.</summary>
/// <param name="Title">The reason in a few words, for lists: free of the record's content.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record DeadLetterReason(string Title, string Advice);

/// <summary>The reason codes ingest gives, in the operator's words.</summary>
internal static class DeadLetterReasons
{
    private const string SenderMustFix =
        "Replaying these bytes ends the same way as long as the rule stands. Tell the sender what is wrong and ask for the order "
        + "again: the corrected record is a new one and is stored on its own.";

    private const string MaybeAnotherFormat =
        "Look at the first bytes: the sender uses another format or encoding than UTF-8 JSON. Correct the sender's serializer and "
        + "publish the order again; replaying these bytes ends the same way.";

    private const string ConsistencyDecides =
        "Ingest:Consistency decides whether such orders are refused; with Accept they are stored and counted. Otherwise tell the sender.";

    private static readonly DeadLetterReason Unknown = new(
        "Could not be stored", "Read the sentence and the exception. Once the cause is gone, replay it.");

    private static readonly Dictionary<string, DeadLetterReason> Known = new(StringComparer.Ordinal)
    {
        ["empty"] = new(
            "No content", "A removal is a null value under the order's key; an empty value or a null key says nothing. " + SenderMustFix),
        ["null_document"] = new("The document is null", "A removal is a null value, not the JSON word null. " + SenderMustFix),
        ["malformed_json"] = new("Not valid JSON", SenderMustFix),
        ["not_an_object"] = new("Not a JSON object", "A record holds exactly one order, as one JSON object. " + SenderMustFix),
        ["bad_encoding"] = new("Not UTF-8", MaybeAnotherFormat),
        ["invalid_utf8"] = new("Bytes that are not UTF-8", MaybeAnotherFormat),
        ["invalid_unicode"] = new("Half of a surrogate pair", SenderMustFix),
        ["invalid_character"] = new("A character that cannot be stored", "The character NUL is refused in text. " + SenderMustFix),
        ["unknown_format"] = new("Another format than JSON", MaybeAnotherFormat),
        ["too_large"] = new(
            "Too large",
            "If orders of this size are legitimate, raise Ingest:MaxValueBytes, restart the service, replay. Otherwise tell the sender."),
        ["too_many_items"] = new(
            "Too many items",
            "If so many items are legitimate, raise Ingest:MaxItems, restart the service, replay. Otherwise tell the sender."),
        ["too_deep"] = new("Nested too deep", SenderMustFix),
        ["duplicate_property"] = new("A property appears twice", "Which of the two was meant cannot be known. " + SenderMustFix),
        ["missing_field"] = new("A required field is missing", SenderMustFix),
        ["wrong_type"] = new("A field has the wrong type", SenderMustFix),
        ["invalid_uid"] = new("The order uid breaks its rule", $"An order uid is {OrderUid.Rule}. " + SenderMustFix),
        ["out_of_range"] = new("A number is out of range", SenderMustFix),
        ["invalid_value"] = new("A value breaks its rule", SenderMustFix),
        ["date_range"] = new("A date is out of range", "Check the sender's clock and unit of time. " + SenderMustFix),
        ["sum_mismatch"] = new("The sums do not add up", ConsistencyDecides),
        ["inconsistent"] = new("Fields contradict each other", ConsistencyDecides),
        ["headers_too_large"] = new("Headers too large", "At most 256 headers and 64 KiB are taken. " + SenderMustFix),
        ["refused_by_database"] = new(
            "Refused by the database",
            "The sentence holds the database's words, most often a constraint of table orders. Mend the rule or the record; then replay, or tell the sender."),
        ["ingest_failed"] = new(
            "Ingest failed on it",
            "A step of the service, or of the database (a trigger), fails on this record; the exception tells which. It is redelivered three times; after "
            + "that mend the cause and replay it. Later records of its order wait behind it."),
        ["parked_behind"] = new(
            "Waits behind its order's failure",
            "An earlier record of the same order is not finished. Nothing is to be done here: this one follows when that one is resolved."),
        ["crash_suspect"] = new(
            "In work when the service crashed",
            "The service ended again and again over this record, at last while it worked on it alone. Look at its bytes and at the service's log before "
            + "you replay it."),
    };

    /// <summary>All known codes, in order.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>What <paramref name="code"/> means; a general text for a code this version does not know.</summary>
    public static DeadLetterReason Of(string code) => Known.GetValueOrDefault(code, Unknown);
}
