namespace Orders.Tools.Verify;

/// <summary>How much was looked at, and what could not be.</summary>
internal sealed class Figures
{
    /// <summary>Records of orders on the topic.</summary>
    public long Records { get; set; }

    /// <summary>Of those, below the end of what is accounted for.</summary>
    public long Accounted { get; set; }

    /// <summary>Of those, not accounted for yet.</summary>
    public long Lag { get; set; }

    public long Ranges { get; set; }

    public long Orders { get; set; }

    /// <summary>Orders whose state was computed again from the topic.</summary>
    public long OrdersFolded { get; set; }

    /// <summary>Orders whose state the topic alone does not decide.</summary>
    public long OrdersNotCheckable { get; set; }

    /// <summary>Ranges whose counts were computed again from the topic.</summary>
    public long RangesFolded { get; set; }

    public long Events { get; set; }

    /// <summary>Events that came more than once under one id, as at least once allows.</summary>
    public long EventsRepeated { get; set; }

    public long EventsNotCheckable { get; set; }

    /// <summary>Records of the events' topic that are no events.</summary>
    public long EventsForeign { get; set; }

    public long OutboxWaiting { get; set; }

    public long DeadLetters { get; set; }

    public long DeadLettersCompared { get; set; }

    public long LedgerAttempted { get; set; }

    public long LedgerAcked { get; set; }

    public long LedgerUnknown { get; set; }

    /// <summary>Acknowledged records the topic no longer has, but which were accounted for.</summary>
    public long LedgerExpired { get; set; }

    public long Reads { get; set; }
}
