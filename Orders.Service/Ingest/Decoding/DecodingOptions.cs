using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orders.Service.Ingest.Decoding;

/// <summary>What a record may be at most, and how strictly an order's fields must agree. Section <c>Ingest</c>.</summary>
internal sealed class DecodingOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Ingest";

    /// <summary>
    /// The most bytes a value may have; default and most 983040 (960 KiB), least 64. Checked before the value is looked at. Too small
    /// refuses real orders; above the default an order's event may not fit the broker's own limit (<c>message.max.bytes</c>, 1 MiB).
    /// </summary>
    [SettingRange(64, 960 * 1024)]
    public int MaxValueBytes { get; set; } = 960 * 1024;

    /// <summary>
    /// How deep objects and arrays may nest, the order itself counting 1; default 32, 3 to 64. An order needs 3; deeper unknown
    /// fields are what viewers and other readers of the stored bytes break on.
    /// </summary>
    [SettingRange(3, 64)]
    public int MaxDepth { get; set; } = 32;

    /// <summary>
    /// The most items an order may have; default 1000, 1 to 10000. Too small refuses real orders, too large lets one order cost
    /// what many do.
    /// </summary>
    [SettingRange(1, 10_000)]
    public int MaxItems { get; set; } = 1000;

    /// <summary>
    /// The most properties one object may have beyond the model's; default 1000, 0 to 10000. They are compared with each other to find
    /// duplicates, so the cost of a hostile object grows with the square of this limit; 0 refuses every field the model does not know.
    /// </summary>
    [SettingRange(0, 10_000)]
    public int MaxProperties { get; set; } = 1000;

    /// <summary>The most headers a record may have; default 256, 0 to 10000. Too small refuses what tracing and gateways add.</summary>
    [SettingRange(0, 10_000)]
    public int MaxHeaders { get; set; } = 256;

    /// <summary>The most bytes a record's header names and values may have together; default 65536 (64 KiB), 0 to 1048576.</summary>
    [SettingRange(0, 1024 * 1024)]
    public int MaxHeaderBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// What to do with an order whose fields contradict each other (sums, repeated ids); default <see
    /// cref="ConsistencyRule.Accept"/>.
    /// </summary>
    [EnumDataType(typeof(ConsistencyRule), ErrorMessage = "Ingest:Consistency is none of its values; set it to Accept or Reject.")]
    public ConsistencyRule Consistency { get; set; } = ConsistencyRule.Accept;
}

/// <summary>What is done with an order whose fields contradict each other.</summary>
internal enum ConsistencyRule
{
    /// <summary>Store it and count it as <c>inconsistent</c>: whoever sent it knows more about it than this service.</summary>
    Accept,

    /// <summary>Refuse it: <see cref="RefusalReasons.SumMismatch"/> or <see cref="RefusalReasons.Inconsistent"/>.</summary>
    Reject,
}

/// <summary>A range whose error names the setting as the operator writes it, and its value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingRangeAttribute(int minimum, int maximum) : RangeAttribute(minimum, maximum)
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var setting = $"{DecodingOptions.Section}:{validationContext.MemberName}";
        return IsValid(value)
            ? ValidationResult.Success
            : new ValidationResult($"{setting} is {value}; it must be from {Minimum} to {Maximum}.");
    }
}

/// <summary>Checks each setting against its range when the host starts.</summary>
[OptionsValidator]
internal sealed partial class DecodingOptionsValidator : IValidateOptions<DecodingOptions>;
