using System.ComponentModel.DataAnnotations;

namespace Orders.Service.Operations;

/// <summary>The operations port: where it listens and what it allows itself. Section <c>Operations</c>.</summary>
internal sealed class OperationsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Operations";

    /// <summary>
    /// Where the port listens: <c>http://</c>, a loopback address (or <c>localhost</c>) and a port. Default <c>http://127.0.0.1:8082</c>.
    /// Any other address is refused at start: whoever reaches the port can read and replay records.
    /// </summary>
    public string Url { get; set; } = "http://127.0.0.1:8082";

    /// <summary>
    /// How long one of the port's queries may take. Default 2 s. Too small: pages over many dead letters fail; too large: a
    /// page that asks too much takes time from ingest.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ErrorMessage = "Operations:QueryTimeout must be between 00:00:01 and 00:01:00.")]
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How many bytes of a value a page shows; the rest is a download. Default 8 KiB. Too small: errors fall out of
    /// sight; too large: pages get slow to load and to read.
    /// </summary>
    [Range(256, 1 << 20, ErrorMessage = "Operations:ShownValueBytes must be between 256 and 1048576.")]
    public int ShownValueBytes { get; set; } = 8 * 1024;
}
