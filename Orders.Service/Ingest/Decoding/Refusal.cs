using System.Globalization;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// Why a record is a dead letter. The sentence says what was refused, what was found and what to do, and never repeats text out of the
/// record that could be personal: only numbers, dates and spellings of known form are shown.
/// </summary>
/// <param name="Reason">One of <see cref="RefusalReasons"/>.</param>
/// <param name="Sentence">For a person.</param>
/// <param name="JsonPath">Where in the document, such as <c>$.items[0].price</c>; null where it has no place in one.</param>
/// <param name="BytePosition">Where in the value's bytes, from 0 and counting a byte order mark; null where it has no place.</param>
internal sealed record Refusal(string Reason, string Sentence, string? JsonPath = null, long? BytePosition = null)
{
    /// <summary>What to do about a record whose content is wrong.</summary>
    public const string Mend = "Mend the producer and have the order sent again.";

    public static Refusal HeadersTooLarge(int count, long bytes, DecodingOptions limits) => new(
        RefusalReasons.HeadersTooLarge,
        Invariant($"The record has {count} headers of {bytes} bytes together; the limits are Ingest:MaxHeaders = {limits.MaxHeaders}")
        + Invariant($" and Ingest:MaxHeaderBytes = {limits.MaxHeaderBytes}. Raise them and replay, or have the producer send less."));

    public static Refusal NoKeyNoValue() => new(
        RefusalReasons.Empty, $"The record has neither a key nor a value, so it tells nothing about any order. {Mend}");

    public static Refusal TooLarge(int length, int limit) => new(
        RefusalReasons.TooLarge,
        Invariant($"The value has {length} bytes; the limit is Ingest:MaxValueBytes = {limit}.")
        + " Raise it and replay, or have the producer send less.");

    public static Refusal Blank(int length) => new(
        RefusalReasons.Empty,
        (length == 0 ? "The value has 0 bytes" : Invariant($"The value is {length} bytes of white space"))
        + $"; an order is a JSON object, and a removal is a null value. {Mend}");

    public static Refusal TooDeep(ReadOnlySpan<byte> document, int at, int offset, int limit)
    {
        var path = JsonPathAt.Find(document, at, limit);
        var problem = Invariant($"{path} is nested deeper than Ingest:MaxDepth = {limit}.");
        return new Refusal(
            RefusalReasons.TooDeep, $"{problem} Raise it and replay, or have the producer send it flatter.", path, offset + at);
    }

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
