using System.Text.Json;

namespace Orders.Service.Ingest.Decoding;

/// <summary>What the model does not know: kept as received, but held to the limits and to what every reader must be able to take.</summary>
internal ref partial struct OrderPass
{
    /// <summary>Reads over the value at hand. Its depth is limited, so recursion is too. False: a limit was hit, stop.</summary>
    private bool Skip()
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                IsTextSound();
                return true;
            case JsonTokenType.StartObject:
                return Enter() && SkipMembers();
            case JsonTokenType.StartArray:
                return Enter() && SkipElements();
            default:
                return true;
        }
    }

    private bool SkipMembers()
    {
        var bottom = names.Count;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (IsTextSound() && !AddName(JsonText.Unescaped(ref reader), bottom))
            {
                return false;
            }

            reader.Read();
            if (!Skip())
            {
                return false;
            }
        }

        names.Release(bottom);
        return true;
    }

    private bool SkipElements()
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!Skip())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the object or array just begun may nest here.</summary>
    private bool Enter()
    {
        if (reader.CurrentDepth < limits.MaxDepth)
        {
            return true;
        }

        Refusal = Refusal.TooDeep(document, (int)reader.TokenStartIndex, offset, limits.MaxDepth);
        return false;
    }

    /// <summary>
    /// Takes the name of an unknown property of the object whose names begin at <paramref name="bottom"/>. False: a limit was hit.
    /// </summary>
    private bool AddName(ReadOnlySpan<byte> name, int bottom)
    {
        if (names.Count - bottom >= limits.MaxProperties)
        {
            StopAtTooMany("unknown property of its object", nameof(limits.MaxProperties), limits.MaxProperties);
            return false;
        }

        if (!names.Add(name, (int)reader.TokenStartIndex, bottom))
        {
            NoteDuplicate();
        }

        return true;
    }

    /// <summary>Whether the text or name at hand can be stored as text; notes what is wrong with it.</summary>
    private bool IsTextSound()
    {
        if (!reader.ValueIsEscaped)
        {
            return true;
        }

        var (reason, at) = JsonText.FindBadEscape(reader.ValueSpan);
        if (reason is null)
        {
            return true;
        }

        var problem = reason == RefusalReasons.InvalidCharacter
            ? @"holds the character NUL (\u0000), which cannot be kept as text"
            : "holds the escape of half a surrogate pair, which is no character";
        Note(reason, problem, (int)reader.TokenStartIndex + 1 + at);
        return false;
    }
}
