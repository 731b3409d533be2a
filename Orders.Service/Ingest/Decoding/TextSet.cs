using System.Buffers;
using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// The texts seen so far in one document, to find one that comes twice: hashes searched as a vector, and on a hit the texts themselves
/// compared. A stack, so that the names of nested objects lie above those of the object around them. The hash is seeded per process:
/// nobody can prepare names that collide.
/// </summary>
internal ref struct TextSet(ReadOnlySpan<byte> document, Span<int> hashes, Span<int> places)
{
    private readonly ReadOnlySpan<byte> document = document;
    private Span<int> hashes = hashes;
    private Span<int> places = places;
    private int[]? rented;

    public int Count { get; private set; }

    /// <summary>Adds <paramref name="text"/> unless it is there already at or above <paramref name="bottom"/>.</summary>
    /// <param name="text">The text without escapes.</param>
    /// <param name="place">Where its opening quote stands in the document.</param>
    /// <param name="bottom">The <see cref="Count"/> from which on texts are compared.</param>
    /// <returns>Whether it was new.</returns>
    public bool Add(ReadOnlySpan<byte> text, int place, int bottom)
    {
        var hasher = default(HashCode);
        hasher.AddBytes(text);
        var hash = hasher.ToHashCode();
        for (var from = bottom; from < Count; from++)
        {
            var hit = hashes[from..Count].IndexOf(hash);
            if (hit < 0)
            {
                break;
            }

            from += hit;
            if (IsSame(text, places[from]))
            {
                return false;
            }
        }

        if (Count == hashes.Length)
        {
            Grow();
        }

        hashes[Count] = hash;
        places[Count++] = place;
        return true;
    }

    /// <summary>Forgets all texts from <paramref name="bottom"/> on.</summary>
    public void Release(int bottom) => Count = bottom;

    public void Dispose()
    {
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
            rented = null;
        }
    }

    private readonly bool IsSame(ReadOnlySpan<byte> text, int place)
    {
        var reader = new Utf8JsonReader(document[place..]);
        reader.Read();
        return JsonText.Unescaped(ref reader).SequenceEqual(text);
    }

    private void Grow()
    {
        var larger = ArrayPool<int>.Shared.Rent(Count * 4);
        var half = larger.Length / 2;
        hashes[..Count].CopyTo(larger);
        places[..Count].CopyTo(larger.AsSpan(half));
        Dispose();
        rented = larger;
        hashes = larger.AsSpan(0, half);
        places = larger.AsSpan(half, half);
    }
}
