namespace Orders.Tools.Verify;

/// <summary>What is known of one order from each side; kept small, because there is one for every order.</summary>
internal sealed class OrderNote(string uid)
{
    public string Uid { get; } = uid;

    /// <summary>Whether table <c>orders</c> has it.</summary>
    public bool HasRow { get; set; }

    public long RowVersion { get; set; }

    public int RowEpoch { get; set; }

    public int RowPartition { get; set; } = -1;

    public long RowOffset { get; set; }

    /// <summary>Of the hash the row states; none where the order is removed.</summary>
    public UInt128 RowHash { get; set; }

    /// <summary>The partition its records were found in; -1 before the first.</summary>
    public int FoldPartition { get; set; } = -1;

    public long FoldOffset { get; set; }

    public long FoldVersion { get; set; }

    public UInt128 FoldHash { get; set; }

    /// <summary>How many versions its records may have made besides, because their range was run through again by force.</summary>
    public long Forced { get; set; }

    /// <summary>The version whose event told of the last change of the fold; <see cref="FoldVersion"/> as long as nothing was forced.</summary>
    public long ToldVersion { get; set; }

    /// <summary>Its records are in more than one partition: which came first is not to be seen on the topic.</summary>
    public bool IsSpread { get; set; }

    /// <summary>Records of it lie where the accounts are wrong already; what they came to cannot be told.</summary>
    public bool IsAmongBlamed { get; set; }

    /// <summary>The record its row names as the last one has other content than the row.</summary>
    public bool DiffersFromItsRecord { get; set; }

    /// <summary>An event whose content is not that of the record that made its version; -1 for none.</summary>
    public int SuspectEvent { get; set; } = -1;

    /// <summary>Index of its first event, of the last one, and of the one looked at last; -1 for none.</summary>
    public int FirstEvent { get; set; } = -1;

    public int LastEvent { get; set; } = -1;

    public int Cursor { get; set; } = -1;

    /// <summary>How many different sequences were seen.</summary>
    public long Sequences { get; set; }

    public long HighestSequence { get; set; }
}

/// <summary>All orders anyone knows of, by uid.</summary>
internal sealed class OrderBook
{
    private readonly Dictionary<string, OrderNote> _notes = new(StringComparer.Ordinal);

    public IReadOnlyCollection<OrderNote> Notes => _notes.Values;

    public OrderNote Of(string uid)
    {
        if (!_notes.TryGetValue(uid, out var note))
        {
            _notes.Add(uid, note = new OrderNote(uid));
        }

        return note;
    }

    /// <summary>The note of a uid given as UTF-8 that keeps the rule of uids; makes a string only for one not seen before.</summary>
    public OrderNote Of(ReadOnlySpan<byte> uid)
    {
        Span<char> text = stackalloc char[uid.Length];
        System.Text.Encoding.ASCII.GetChars(uid, text);
        var lookup = _notes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out var note))
        {
            note = new OrderNote(text.ToString());
            _notes.Add(note.Uid, note);
        }

        return note;
    }
}
