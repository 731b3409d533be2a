using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orders.Contracts;

namespace Orders.Service.Ingest.Decoding;

/// <summary>What the model asks of a value of the right type.</summary>
internal ref partial struct OrderPass
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n\v\f"u8);
    private static readonly SearchValues<byte> DateCharacters = SearchValues.Create("0123456789TZ:+.-"u8);

    private void ReadText(OrderField field)
    {
        if (!IsTextSound() || (field.Rule == FieldRule.None && field.Role == FieldRole.None))
        {
            return;
        }

        var text = JsonText.Unescaped(ref reader);
        switch (field.Rule)
        {
            case FieldRule.Uid:
                ReadUid(text);
                break;
            case FieldRule.Currency when !FieldRules.IsCurrency(text):
                Note(RefusalReasons.InvalidValue, $"is {ShowCurrency(text)}; a currency is three letters A-Z");
                break;
            case FieldRule.CreatedAt:
                CheckCreatedAt(text);
                break;
        }

        agreement.Remember(field.Role, text, (int)reader.TokenStartIndex);
    }

    private void ReadUid(ReadOnlySpan<byte> text)
    {
        Uid = text;
        if (OrderUid.IsValid(text))
        {
            return;
        }

        if (text.IndexOfAnyExcept(Blanks) < 0)
        {
            Note(RefusalReasons.MissingField, text.IsEmpty ? "is empty; every order has a uid" : "is blank; every order has a uid");
            return;
        }

        Note(RefusalReasons.InvalidUid, $"{DescribeBadUid(text)}; a uid is {OrderUid.Rule}");
    }

    private static string DescribeBadUid(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!OrderUid.IsValid(text.Slice(i, 1)))
            {
                Rune.DecodeFromUtf8(text[i..], out var rune, out _);
                return Refusal.Invariant($"has U+{rune.Value:X4} as its character {i + 1}");
            }
        }

        return Refusal.Invariant($"has {text.Length} characters");
    }

    private void CheckCreatedAt(ReadOnlySpan<byte> text)
    {
        if (FieldRules.IsMoment(text, ref reader, out var moment))
        {
            if (!FieldRules.IsMeant(moment, latest))
            {
                NoteDateRange(ShowDate(text));
            }
        }
        else if (StartsWithDayOutOfRange(text))
        {
            NoteDateRange(ShowDate(text));
        }
        else
        {
            Note(
                RefusalReasons.InvalidValue,
                $"is {ShowDate(text)}; a date exists, names its zone, and is written like 2021-11-26T06:22:19Z");
        }
    }

    /// <summary>
    /// The day tells a date that is out of range from one that does not exist, also where the rest cannot be read or represented.
    /// </summary>
    private readonly bool StartsWithDayOutOfRange(ReadOnlySpan<byte> text) =>
        text.Length >= 10
        && DateOnly.TryParseExact(
            Encoding.UTF8.GetString(text[..10]), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        && (day < DateOnly.FromDateTime(DateTime.UnixEpoch) || day > DateOnly.FromDateTime(latest.UtcDateTime));

    private void ReadInteger(OrderField field)
    {
        if (!reader.TryGetInt64(out var number))
        {
            NoteNotAnInteger();
            return;
        }

        if (!FieldRules.Holds(field.Rule, number, latest))
        {
            NoteBroken(field.Rule, number);
        }

        agreement.Remember(field.Role, number);
    }

    private void NoteBroken(FieldRule rule, long number)
    {
        switch (rule)
        {
            case FieldRule.NotNegative:
                Note(RefusalReasons.InvalidValue, Refusal.Invariant($"is {number}; it must not be negative"));
                break;
            case FieldRule.Percent:
                Note(RefusalReasons.InvalidValue, Refusal.Invariant($"is {number}; it is a percentage from 0 to 100"));
                break;
            case FieldRule.Int32:
                Note(RefusalReasons.OutOfRange, Refusal.Invariant($"is {number}; it must fit in 32 bits"));
                break;
            case FieldRule.EpochSeconds:
                NoteDateRange(Refusal.Invariant($"{number} (seconds since 1970)"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(rule), rule, "It asks nothing of a number.");
        }
    }

    /// <summary>Tells a number beyond 64 bits from one that is no integer; <c>1.0</c> is none, since money is never a fraction.</summary>
    private void NoteNotAnInteger()
    {
        const double beyondInt64 = 9223372036854775808d;
        const int longestShown = 24;
        var literal = Encoding.ASCII.GetString(reader.ValueSpan[..Math.Min(longestShown, reader.ValueSpan.Length)]);
        if (reader.ValueSpan.Length > longestShown)
        {
            literal = Refusal.Invariant($"{literal}… ({reader.ValueSpan.Length} characters)");
        }

        var isWhole = reader.ValueSpan.IndexOfAny(".eE"u8) < 0;
        if (isWhole || !Utf8Parser.TryParse(reader.ValueSpan, out double number, out _) || Math.Abs(number) >= beyondInt64)
        {
            Note(RefusalReasons.OutOfRange, $"is {literal}; it must fit in 64 bits");
        }
        else
        {
            Note(RefusalReasons.WrongType, $"is {literal}; an integer without fraction or exponent is asked for");
        }
    }

    private void NoteDateRange(string found) => Note(
        RefusalReasons.DateRange,
        Refusal.Invariant($"is {found}; a date lies between 1970-01-01 and one year from now ({latest:yyyy-MM-dd})"));

    private static string ShowCurrency(ReadOnlySpan<byte> text)
    {
        const int longestShown = 4;
        return text.Length <= longestShown && text.IndexOfAnyExceptInRange((byte)'0', (byte)'z') < 0
            ? $"'{Encoding.ASCII.GetString(text)}'"
            : Refusal.Invariant($"a text of {text.Length} bytes");
    }

    private static string ShowDate(ReadOnlySpan<byte> text)
    {
        const int longestShown = 40;
        var looksLikeDate = text is [_, _, _, _, (byte)'-', _, _, (byte)'-', _, _, ..]
            && text.Length <= longestShown
            && text.IndexOfAnyExcept(DateCharacters) < 0;
        return looksLikeDate ? $"'{Encoding.ASCII.GetString(text)}'" : Refusal.Invariant($"a text of {text.Length} bytes");
    }
}
