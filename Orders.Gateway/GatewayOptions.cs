using System.ComponentModel.DataAnnotations;

namespace Orders.Gateway;

/// <summary>Where the gateway listens. Section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>The address served. Default http://127.0.0.1:8081: this machine only; <c>http://*:8081</c> serves every network.</summary>
    [Required]
    public string Url { get; set; } = "http://127.0.0.1:8081";

    /// <summary>
    /// What a reader is told to wait before another try when nothing can answer. Default 1 s. Too small: an outage meets a storm of
    /// retries. Too large: readers notice its end late.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);
}
