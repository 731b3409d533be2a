namespace Bus.Storage.Relay;

/// <summary>
/// Below which id the outbox holds nothing and never will: removed rows that a long snapshot, such as that of a dump, keeps from being cleared away
/// would else be walked over by every pass. An id is taken before its transaction commits, so a lower one may still appear until every transaction has
/// ended that began to write before a higher one was seen. Writers have taken a lock, and with it their transaction's number, before they take an id of
/// the outbox: a pass that begins later has a higher number than all of them.
/// </summary>
internal sealed class ReadFloor
{
    private long _highest;
    private (ulong EndsBelow, long Id)? _settling;
    private long? _settled;

    /// <summary>Only greater ids need to be looked at.</summary>
    public long Id { get; private set; }

    /// <summary>Takes note of what a pass read.</summary>
    /// <param name="oldest">The oldest transaction that was under way, <c>pg_snapshot_xmin</c> of the read.</param>
    /// <param name="own">The transaction of the pass itself, <c>pg_current_xact_id</c>.</param>
    /// <param name="first">The lowest id that was there.</param>
    /// <param name="last">The highest id that was read.</param>
    public void Read(ulong oldest, ulong own, long first, long last)
    {
        if (_settling is { } settling && oldest >= settling.EndsBelow)
        {
            // All that can ever be up to this id is to be seen from this read on.
            (_settling, _settled) = (null, settling.Id);
        }

        if (_settled is { } settled && first > settled)
        {
            (_settled, Id) = (null, settled);
        }

        if (_settling is null && _settled is null && _highest > Id)
        {
            _settling = (own, _highest);
        }

        _highest = Math.Max(_highest, last);
    }
}
