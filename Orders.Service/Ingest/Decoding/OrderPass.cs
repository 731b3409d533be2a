using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>
/// One pass over one document: keeps the first thing the model refuses and reads on, so that malformed JSON is always told before it;
/// only a limit stops the pass. Makes no objects unless it refuses or finds escapes where the text itself matters.
/// </summary>
internal ref partial struct OrderPass
{
    /// <summary>How many ints of <see cref="Scratch"/> each set of texts starts with; larger sets rent.</summary>
    private const int SetSize = 32;

    /// <summary>The ints a pass needs to begin with, on the caller's stack.</summary>
    public const int Scratch = 4 * SetSize;

    private readonly DecodingOptions limits;
    private readonly DateTimeOffset latest;
    private readonly ReadOnlySpan<byte> document;
    private readonly int offset;
    private Utf8JsonReader reader;
    private TextSet names;
    private OrderAgreement agreement;

    /// <summary>
    /// Where the name and the value stand of the integer field the reader is about to read; 0 when it reads something else.
    /// </summary>
    private int pendingName;
    private int pendingValue;

    /// <param name="value">The record's value, valid UTF-8.</param>
    /// <param name="offset">Where the document begins in it.</param>
    /// <param name="limits">What a document may be at most.</param>
    /// <param name="latest">The latest date that can be meant.</param>
    /// <param name="scratch"><see cref="Scratch"/> ints.</param>
    public OrderPass(ReadOnlySpan<byte> value, int offset, DecodingOptions limits, DateTimeOffset latest, Span<int> scratch)
    {
        this.limits = limits;
        this.latest = latest;
        this.offset = offset;
        document = value[offset..];
        // One level more than allowed, so that the pass meets the level that is too deep, not the reader.
        reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = limits.MaxDepth + 1 });
        names = new TextSet(document, scratch[..SetSize], scratch.Slice(SetSize, SetSize));
        agreement = new OrderAgreement(new TextSet(document, scratch.Slice(2 * SetSize, SetSize), scratch.Slice(3 * SetSize, SetSize)));
    }

    /// <summary>Why the order is refused; null when it is good.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The order's uid, when it is good.</summary>
    public ReadOnlySpan<byte> Uid { get; private set; }

    /// <summary>Whether the order's fields contradict each other.</summary>
    public bool IsInconsistent { get; private set; }

    /// <summary>Reads the document to its end.</summary>
    /// <exception cref="JsonException">It is not one well-formed JSON text; ask <see cref="ExplainForeignNumber"/> first.</exception>
    public void Run()
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject ? ReadMembers(OrderShape.Order) : ReadForeignDocument())
        {
            reader.Read();
            CheckAgreement();
        }
    }

    public void Dispose()
    {
        names.Dispose();
        agreement.Dispose();
    }

    /// <summary>
    /// After the reader threw: the refusal, if it was at an integer field's value spelled as other languages spell numbers.
    /// </summary>
    public readonly Refusal? ExplainForeignNumber()
    {
        if (reader.TokenType != JsonTokenType.PropertyName || pendingValue == 0)
        {
            return null;
        }

        var blanks = document[pendingValue..].IndexOfAnyExcept(" \t\r\n"u8);
        var at = pendingValue + Math.Max(0, blanks);
        return MalformedJson.ForeignNumber(document[at..]) is { } literal
            ? Refuse(RefusalReasons.WrongType, pendingName, $"is {literal}, which is no JSON number; an integer is asked for", at)
            : null;
    }

    private void CheckAgreement()
    {
        if (Refusal is not null || agreement.Find(Uid) is not (var contradiction and not Contradiction.None))
        {
            return;
        }

        IsInconsistent = true;
        if (limits.Consistency == ConsistencyRule.Reject)
        {
            Refusal = agreement.Explain(contradiction);
        }
    }

    /// <summary>Reads the members of the object just begun. False: a limit was hit, stop.</summary>
    private bool ReadMembers(OrderShape shape)
    {
        if (!Enter())
        {
            return false;
        }

        var seen = 0;
        var expected = 0;
        var bottom = names.Count;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = -1;
            if (IsTextSound())
            {
                var name = JsonText.Unescaped(ref reader);
                index = shape.Find(name, expected);
                if (index < 0 && !AddName(name, bottom))
                {
                    return false;
                }
            }

            if (index < 0)
            {
                reader.Read();
                if (!Skip())
                {
                    return false;
                }

                continue;
            }

            if ((seen & (1 << index)) != 0)
            {
                NoteDuplicate();
            }

            seen |= 1 << index;
            expected = index + 1;
            if (!ReadField(shape.Fields[index]))
            {
                return false;
            }
        }

        names.Release(bottom);
        NoteMissing(shape, seen);
        return true;
    }

    private bool ReadField(OrderField field)
    {
        pendingName = (int)reader.TokenStartIndex;
        pendingValue = field.Type == FieldType.Integer ? (int)reader.BytesConsumed : 0;
        reader.Read();
        pendingValue = 0;
        switch (field.Type, reader.TokenType)
        {
            case (FieldType.Text, JsonTokenType.String):
                ReadText(field);
                return true;
            case (FieldType.Integer, JsonTokenType.Number):
                ReadInteger(field);
                return true;
            case (FieldType.Object, JsonTokenType.StartObject):
                return ReadMembers(field.Shape!);
            case (FieldType.Items, JsonTokenType.StartArray):
                return ReadItems(field.Shape!);
            default:
                NoteMistyped(field);
                return Skip();
        }
    }

    private bool ReadItems(OrderShape shape)
    {
        if (!Enter())
        {
            return false;
        }

        for (var count = 1; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count > limits.MaxItems)
            {
                StopAtTooMany("item", nameof(limits.MaxItems), limits.MaxItems);
                return false;
            }

            if (reader.TokenType == JsonTokenType.StartObject)
            {
                if (!ReadMembers(shape))
                {
                    return false;
                }
            }
            else
            {
                var reason = reader.TokenType == JsonTokenType.Null ? RefusalReasons.InvalidValue : RefusalReasons.WrongType;
                Note(reason, $"is {Describe(reader.TokenType)}; an item is an object");
                if (!Skip())
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A document that is no object is refused, but read to its end like any other.</summary>
    private bool ReadForeignDocument()
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            Note(RefusalReasons.NullDocument, "is the JSON text null; an order is an object, and its removal is a record without a value");
        }
        else
        {
            Note(RefusalReasons.NotAnObject, $"is {Describe(reader.TokenType)}; an order is an object");
        }

        return Skip();
    }
}
