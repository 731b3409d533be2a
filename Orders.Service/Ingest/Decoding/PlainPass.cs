using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using Orders.Contracts;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// One pass over a document in the plain spelling of a good order: each field of the model once, in the model's order, no escapes, nothing else. So
/// writes who writes its fields in this order and escapes no more than JSON asks; .NET's own encoder, for one, escapes a plus sign. It only ever says
/// yes: whatever it does not know, <see cref="OrderPass"/> reads from the beginning and judges. About a third of that one's time, because it knows
/// what comes next.
/// </summary>
internal ref struct PlainPass
{
    // As many digits fit in 64 bits whatever they are.
    private const int SafeDigits = 18;

    private readonly DecodingOptions limits;
    private readonly DateTimeOffset latest;
    private readonly ReadOnlySpan<byte> document;
    private OrderAgreement agreement;
    private int at;

    /// <param name="document">The record's value behind a byte order mark, valid UTF-8.</param>
    /// <param name="limits">What a document may be at most.</param>
    /// <param name="latest">The latest date that can be meant.</param>
    /// <param name="scratch"><see cref="OrderPass.Scratch"/> ints.</param>
    public PlainPass(ReadOnlySpan<byte> document, DecodingOptions limits, DateTimeOffset latest, Span<int> scratch)
    {
        this.limits = limits;
        this.latest = latest;
        this.document = document;
        agreement = new OrderAgreement(new TextSet(document, scratch[..(scratch.Length / 2)], scratch[(scratch.Length / 2)..]));
    }

    /// <summary>The order's uid, once it is known to be good.</summary>
    public ReadOnlySpan<byte> Uid { get; private set; }

    /// <summary>Whether the order's fields contradict each other, which is accepted.</summary>
    public bool IsInconsistent { get; private set; }

    /// <summary>Whether this is a good order in the plain spelling. False says nothing about the document.</summary>
    public bool Run()
    {
        if (!TakeMembers(OrderShape.Order))
        {
            return false;
        }

        TakeBlanks();
        IsInconsistent = agreement.Find(Uid) != Contradiction.None;
        return at == document.Length && !(IsInconsistent && limits.Consistency == ConsistencyRule.Reject);
    }

    public void Dispose() => agreement.Dispose();

    private bool TakeMembers(OrderShape shape)
    {
        var before = (byte)'{';
        foreach (var field in shape.Fields)
        {
            if (!Take(before) || !TakeName(field.QuotedName) || !Take((byte)':') || !TakeValue(field))
            {
                return false;
            }

            before = (byte)',';
        }

        return Take((byte)'}');
    }

    private bool TakeName(ReadOnlySpan<byte> quoted)
    {
        if (!document[at..].StartsWith(quoted))
        {
            TakeBlanks();
            if (!document[at..].StartsWith(quoted))
            {
                return false;
            }
        }

        at += quoted.Length;
        return true;
    }

    private bool TakeValue(OrderField field) => field.Type switch
    {
        FieldType.Text => TakeText(field),
        FieldType.Integer => TakeInteger(field),
        FieldType.Object => TakeMembers(field.Shape!),
        FieldType.Items => TakeItems(field.Shape!),
        _ => throw new UnreachableException(),
    };

    private bool TakeItems(OrderShape shape)
    {
        if (!Take((byte)'['))
        {
            return false;
        }

        var isEnd = Take((byte)']');
        for (var count = 1; !isEnd; count++)
        {
            if (count > limits.MaxItems || !TakeMembers(shape))
            {
                return false;
            }

            isEnd = !Take((byte)',');
            if (isEnd && !Take((byte)']'))
            {
                return false;
            }
        }

        return true;
    }

    private bool TakeText(OrderField field)
    {
        if (!Take((byte)'"'))
        {
            return false;
        }

        var start = at;
        if (!TakeToQuote())
        {
            return false;
        }

        if (field.Rule == FieldRule.None && field.Role == FieldRole.None)
        {
            return true;
        }

        var text = document[start..(at - 1)];
        agreement.Remember(field.Role, text, start - 1);
        switch (field.Rule)
        {
            case FieldRule.Uid:
                Uid = text;
                return OrderUid.IsValid(text);
            case FieldRule.CreatedAt:
                var reader = new Utf8JsonReader(document[(start - 1)..at]);
                reader.Read();
                return FieldRules.IsMoment(text, ref reader, out var moment) && FieldRules.IsMeant(moment, latest);
            case FieldRule.Currency:
                return FieldRules.IsCurrency(text);
            default:
                return true;
        }
    }

    private bool TakeInteger(OrderField field)
    {
        var isNegative = Take((byte)'-');
        var start = at;
        var end = start;
        var number = 0L;
        for (; end < document.Length && document[end] is >= (byte)'0' and <= (byte)'9'; end++)
        {
            number = unchecked((number * 10) + (document[end] - '0'));
        }

        at = end;
        var digits = end - start;
        if (digits is 0 or > SafeDigits || (digits > 1 && document[start] == '0'))
        {
            return false;
        }

        number = isNegative ? -number : number;
        agreement.Remember(field.Role, number);
        return FieldRules.Holds(field.Rule, number, latest);
    }

    /// <summary>Behind the closing quote of a text, if nothing in it is to be looked at more closely: an escape, or what no text may hold.</summary>
    private bool TakeToQuote()
    {
        var next = at;
        ref var first = ref MemoryMarshal.GetReference(document);
        while (next <= document.Length - Vector128<byte>.Count)
        {
            var bytes = Vector128.LoadUnsafe(ref first, (nuint)next);
            var ends = Vector128.Equals(bytes, Vector128.Create((byte)'"'))
                | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
                | Vector128.LessThan(bytes, Vector128.Create((byte)' '));
            if (ends != Vector128<byte>.Zero)
            {
                next += int.TrailingZeroCount((int)ends.ExtractMostSignificantBits());
                at = next + 1;
                return document[next] == '"';
            }

            next += Vector128<byte>.Count;
        }

        for (; next < document.Length; next++)
        {
            if (document[next] is (byte)'"' or (byte)'\\' or < (byte)' ')
            {
                at = next + 1;
                return document[next] == '"';
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Take(byte wanted)
    {
        var here = at;
        if ((uint)here < (uint)document.Length && document[here] == wanted)
        {
            at = here + 1;
            return true;
        }

        return TakeBehindBlanks(wanted);
    }

    private bool TakeBehindBlanks(byte wanted)
    {
        TakeBlanks();
        if (at == document.Length || document[at] != wanted)
        {
            return false;
        }

        at++;
        return true;
    }

    private void TakeBlanks()
    {
        while (at < document.Length && document[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }
    }
}
