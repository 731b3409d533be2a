namespace Orders.Service.Ingest.Decoding;

/// <summary>Why a record was refused: the stable codes of dead letters. Programs branch on them, so a code is never renamed.</summary>
internal static class RefusalReasons
{
    /// <summary>No value and no key, or a value of nothing but white space.</summary>
    public const string Empty = "empty";

    /// <summary>The value is the JSON text <c>null</c>; a removal is a null value, not this text.</summary>
    public const string NullDocument = "null_document";

    /// <summary>The value is not one well-formed JSON text (RFC 8259). Goes before every reason but the limits.</summary>
    public const string MalformedJson = "malformed_json";

    /// <summary>The value is well-formed JSON, but no object.</summary>
    public const string NotAnObject = "not_an_object";

    /// <summary>The value is UTF-16 or UTF-32.</summary>
    public const string BadEncoding = "bad_encoding";

    /// <summary>The value would be well-formed JSON, but some of its text is not UTF-8.</summary>
    public const string InvalidUtf8 = "invalid_utf8";

    /// <summary>A text or name holds the escape of half a surrogate pair, which no UTF-8 text can hold.</summary>
    public const string InvalidUnicode = "invalid_unicode";

    /// <summary>A text or name holds the escape of the character NUL, which many readers and databases do not take.</summary>
    public const string InvalidCharacter = "invalid_character";

    /// <summary>The value is recognised as something other than JSON, such as gzip or Avro.</summary>
    public const string UnknownFormat = "unknown_format";

    /// <summary>The value has more than <see cref="DecodingOptions.MaxValueBytes"/>.</summary>
    public const string TooLarge = "too_large";

    /// <summary>
    /// More than <see cref="DecodingOptions.MaxItems"/> items, or an object with more than <see
    /// cref="DecodingOptions.MaxProperties"/>.
    /// </summary>
    public const string TooManyItems = "too_many_items";

    /// <summary>Objects and arrays nested deeper than <see cref="DecodingOptions.MaxDepth"/>.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>An object, known or unknown, has two properties of one name: readers disagree which one counts.</summary>
    public const string DuplicateProperty = "duplicate_property";

    /// <summary>A required field is missing or null; for <c>order_uid</c> also empty or blank.</summary>
    public const string MissingField = "missing_field";

    /// <summary>
    /// A field has another JSON type than the model's; for an integer also a fraction, an exponent or a spelling JSON does not
    /// have.
    /// </summary>
    public const string WrongType = "wrong_type";

    /// <summary>The order's identity breaks the rule of <see cref="Orders.Contracts.OrderUid"/>.</summary>
    public const string InvalidUid = "invalid_uid";

    /// <summary>A number does not fit the field's integer type.</summary>
    public const string OutOfRange = "out_of_range";

    /// <summary>A value of the right type that the model rules out.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>The order's sums contradict each other; only under <see cref="ConsistencyRule.Reject"/>.</summary>
    public const string SumMismatch = "sum_mismatch";

    /// <summary>Fields that name the same thing differ; only under <see cref="ConsistencyRule.Reject"/>.</summary>
    public const string Inconsistent = "inconsistent";

    /// <summary>A date before 1970 or more than one year ahead.</summary>
    public const string DateRange = "date_range";

    /// <summary>More than <see cref="DecodingOptions.MaxHeaders"/> headers or <see cref="DecodingOptions.MaxHeaderBytes"/>.</summary>
    public const string HeadersTooLarge = "headers_too_large";
}

/// <summary>The named rules by which a record is ignored.</summary>
internal static class IgnoreRules
{
    /// <summary>A removal (null value) that no order can be meant by: its key is not an order uid.</summary>
    public const string Tombstone = "tombstone";
}
