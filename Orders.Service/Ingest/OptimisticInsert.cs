namespace Orders.Service.Ingest;

/// <summary>
/// Whether the orders of a batch are likely all new, by what the batches before it were. Then they are inserted without being looked for first, which is
/// a fifth of what Postgres does for a new order. One that exists after all fails the insert, as a parked record does, and the batch is done again, looked
/// for. Each such failure is an error in Postgres' log and leaves dead rows behind, so what does not pay is tried less and less.
/// </summary>
internal sealed class OptimisticInsert
{
    /// <summary>At first so many orders in a row must have been new.</summary>
    public const int LeastProof = 4_000;

    /// <summary>More are never asked for.</summary>
    public const int MostProof = 512_000;

    private readonly Lock _lock = new();
    private int _proof = LeastProof;
    private int _newInARow;
    private int _inserted;

    /// <summary>Whether to insert without a look.</summary>
    public bool IsLikely
    {
        get
        {
            lock (_lock)
            {
                return IsProven;
            }
        }
    }

    /// <summary>How many records were inserted since the proof, at most <see cref="MostProof"/>.</summary>
    public int Inserted
    {
        get
        {
            lock (_lock)
            {
                return _inserted;
            }
        }
    }

    private bool IsProven => _newInARow >= _proof;

    /// <summary>A batch was looked for; a known order among them, or one that may be blocked, begins the row again.</summary>
    public void Looked(int orders, bool areNew)
    {
        lock (_lock)
        {
            (_newInARow, _inserted) = areNew ? (Math.Min(_newInARow + orders, MostProof), _inserted) : (0, 0);
        }
    }

    /// <summary>A batch was inserted without a look.</summary>
    public void Succeeded(int records)
    {
        lock (_lock)
        {
            _inserted = IsProven ? Math.Min(_inserted + records, MostProof) : 0;
        }
    }

    /// <summary>
    /// One of the orders existed, or a record is parked. Where fewer went well before it than had to prove it, twice as many must the next time. Of batches
    /// that fail beside each other the first one counts.
    /// </summary>
    public void Failed()
    {
        lock (_lock)
        {
            if (IsProven)
            {
                _proof = _inserted >= _proof ? LeastProof : Math.Min(2 * _proof, MostProof);
                (_newInARow, _inserted) = (0, 0);
            }
        }
    }
}
