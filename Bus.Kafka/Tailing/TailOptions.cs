using System.ComponentModel.DataAnnotations;

namespace Bus.Kafka.Tailing;

/// <summary>How a topic is followed. Section <c>Tail</c>.</summary>
public sealed class TailOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Tail";

    /// <summary>The topic. The host sets it.</summary>
    [Required]
    public string Topic { get; set; } = "";

    /// <summary>
    /// How often the topic's partitions and ends are looked at. Default 1 s. Too small: load on the brokers for nothing. Too large: new
    /// partitions, a lost broker and a lag are noticed late; what is served meanwhile may be that old without a mark.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a broker is waited for by each question of such a look, of which it has at most three. Default 2 s. Too small: a busy broker
    /// counts as gone. Too large: a hung one is noticed late, and what is served meanwhile may be that old without a mark; a stop waits for it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan BrokerTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
