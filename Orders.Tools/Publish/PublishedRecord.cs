namespace Orders.Tools.Publish;

/// <summary>What goes onto the topic.</summary>
/// <param name="Key">The order's uid; null where none was found and <c>--raw</c> allows that.</param>
/// <param name="Value">The bytes as they were read or made.</param>
/// <param name="Source">Where they come from, for messages.</param>
internal readonly record struct PublishedRecord(string? Key, ReadOnlyMemory<byte> Value, string Source)
{
    /// <summary>Whether it has no value at all, which asks for the order's removal.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Whether it is a made-up order that was not sent before and can be stored: it must lead to an event.</summary>
    public bool IsNew { get; init; }
}
