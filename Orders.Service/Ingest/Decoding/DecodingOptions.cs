using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orders.Service.Ingest.Decoding;

/// <summary>What a record may be at most, and how strictly an order's fields must agree. Section <c>Ingest</c>.</summary>
internal sealed class DecodingOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Ingest";

    /// <summary>
    /// The most bytes a value may have; default 983040 (960 KiB), 64 to 8388608. Checked before the value is looked at. Too small
    /// refuses real orders; above the default an order's event may not fit the broker's own limit (<c>message.max.bytes</c>, 1 MiB).
    /// </summary>
    [Range(64, 8 * 1024 * 1024, ErrorMessage = "Ingest:MaxValueBytes must be from {1} to {2} bytes.")]
    public int MaxValueBytes { get; set; } = 960 * 1024;

    /// <summary>
    /// How deep objects and arrays may nest, the order itself counting 1; default 32, 3 to 64. An order needs 3; deeper unknown
    /// fields are what viewers and other readers of the stored bytes break on.
    /// </summary>
    [Range(3, 64, ErrorMessage = "Ingest:MaxDepth must be from {1} to {2}; an order itself nests 3 deep.")]
    public int MaxDepth { get; set; } = 32;

    /// <summary>The most items an order may have; default 1000, 1 to 10000. Too small refuses real orders, too large lets one order cost what many do.</summary>
    [Range(1, 10_000, ErrorMessage = "Ingest:MaxItems must be from {1} to {2}.")]
    public int MaxItems { get; set; } = 1000;

    /// <summary>
    /// The most properties one object may have beyond the model's; default 1000, 0 to 10000. They are compared with each other to find
    /// duplicates, so the cost of a hostile object grows with the square of this limit; 0 refuses every field the model does not know.
    /// </summary>
    [Range(0, 10_000, ErrorMessage = "Ingest:MaxProperties must be from {1} to {2}.")]
    public int MaxProperties { get; set; } = 1000;

    /// <summary>The most headers a record may have; default 256, 0 to 10000. Too small refuses what tracing and gateways add.</summary>
    [Range(0, 10_000, ErrorMessage = "Ingest:MaxHeaders must be from {1} to {2}.")]
    public int MaxHeaders { get; set; } = 256;

    /// <summary>The most bytes a record's header names and values may have together; default 65536 (64 KiB), 0 to 1048576.</summary>
    [Range(0, 1024 * 1024, ErrorMessage = "Ingest:MaxHeaderBytes must be from {1} to {2} bytes.")]
    public int MaxHeaderBytes { get; set; } = 64 * 1024;

    /// <summary>What to do with an order whose fields contradict each other (sums, repeated ids); default <see cref="ConsistencyRule.Accept"/>.</summary>
    [EnumDataType(typeof(ConsistencyRule), ErrorMessage = "Ingest:Consistency must be Accept or Reject.")]
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

/// <summary>Checks each setting against its range when the host starts.</summary>
[OptionsValidator]
internal sealed partial class DecodingOptionsValidator : IValidateOptions<DecodingOptions>;
