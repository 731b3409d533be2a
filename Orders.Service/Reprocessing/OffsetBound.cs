using System.Globalization;

namespace Orders.Service.Reprocessing;

/// <summary>One end of a range as it was asked for: an offset, a time, or an end of the log; exactly one of them.</summary>
internal readonly record struct OffsetBound(long? Offset, DateTimeOffset? Time, bool IsStart, bool IsEnd)
{
    public const string Start = "start";
    public const string End = "end";

    /// <summary>What a bound may be, for whoever gave something else.</summary>
    public const string Form =
        "give an offset (1200), a time (2026-11-21T08:30:00Z, with seconds and zone), start (where the log begins) or end (as far as the topic is ingested)";

    /// <summary>Reads a bound; false for anything else, a time without its zone included: whose zone it is would be a guess.</summary>
    public static bool TryParse(string? text, out OffsetBound bound)
    {
        bound = default;
        switch (text)
        {
            case null:
                return false;
            case Start:
                bound = new OffsetBound(null, null, IsStart: true, IsEnd: false);
                return true;
            case End:
                bound = new OffsetBound(null, null, IsStart: false, IsEnd: true);
                return true;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            bound = new OffsetBound(offset, null, IsStart: false, IsEnd: false);
            return true;
        }

        string[] forms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        var hasZone = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-');
        if (hasZone && DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            bound = new OffsetBound(null, time, IsStart: false, IsEnd: false);
            return true;
        }

        return false;
    }
}
