using System.Globalization;
using System.Text;
using Bus.Storage.DeadLetters;
using Npgsql;
using Orders.Service.Ingest.Decoding;

namespace Orders.Service.Failures;

/// <summary>What is kept of a failure: a reason code, a sentence, and an exception's text in a form that any column takes, empty for a refusal.</summary>
internal sealed record FailureText(string Reason, string Sentence, string Exception)
{
    /// <summary>The database refused what the record holds.</summary>
    public const string RefusedByDatabase = "refused_by_database";

    /// <summary>A step of ingest failed on the record.</summary>
    public const string IngestFailed = "ingest_failed";

    /// <summary>Waits behind its order's own unfinished failure.</summary>
    public const string ParkedBehind = "parked_behind";

    /// <summary>For a person; why a record is parked.</summary>
    public const string ParkedSentence = "An earlier record of the same order failed and is not finished; this one follows it in order.";

    private const int MaxSentence = 500;
    private const int MaxExceptionBytes = 8 * 1024;

    /// <summary>Why a record that breaks a rule is refused; no exception was thrown for it.</summary>
    public FailureText(Refusal refusal)
        : this(refusal.Reason, refusal.Sentence, "") => (JsonPath, BytePosition) = (refusal.JsonPath, refusal.BytePosition);

    /// <summary>Why a record that a process ended with is kept.</summary>
    public static FailureText Suspected { get; } = new(
        "crash_suspect", "The service ended again and again over this record, at last while it worked on it alone; it was not looked into after that.", "");

    /// <summary>Where in the document it was seen; null where it was nowhere in particular.</summary>
    public string? JsonPath { get; }

    /// <summary>Where in the value's bytes, from 0.</summary>
    public long? BytePosition { get; }

    public static FailureText Of(Exception exception)
    {
        var database = Chain(exception).OfType<PostgresException>().FirstOrDefault();
        var isData = FailurePolicy.ClassOf(exception) == FailureClass.Data;
        var sentence = database is null
            ? $"Ingest failed on this record: {exception.GetType().Name}: {exception.Message}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The database {(isData ? "refused what the record holds" : "failed on this record")} (SQLSTATE {database.SqlState}): {database.MessageText}");
        return new FailureText(
            isData ? RefusedByDatabase : IngestFailed,
            Clean(sentence.ReplaceLineEndings(" "), MaxSentence),
            Clean(exception.ToString(), MaxExceptionBytes));
    }

    /// <summary>Writes it over what the dead letter said before.</summary>
    public NpgsqlBatchCommand Mark(long deadLetterId, string state) =>
        DeadLetterStore.Fail(deadLetterId, state, Reason, Sentence, Exception.Length == 0 ? null : Exception, JsonPath, BytePosition);

    /// <summary>Text without NUL, lone surrogates and control characters other than line breaks and tabs, at most so many bytes of UTF-8.</summary>
    internal static string Clean(string text, int maxBytes)
    {
        var (cleaned, bytes) = (new StringBuilder(Math.Min(text.Length, maxBytes)), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var kept = Rune.IsControl(rune) && rune.Value is not ('\n' or '\t') ? new Rune(' ') : rune;
            bytes += kept.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            cleaned.Append(kept);
        }

        return cleaned.ToString();
    }

    private static IEnumerable<Exception> Chain(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception;
        }
    }
}
