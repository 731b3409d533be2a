using Bus.Kafka.Clients;
using Bus.Kafka.Watermarks;
using Orders.Contracts;
using Orders.Tests.Servers;

namespace Orders.Tests.Kafka;

/// <summary>Whether a log that is being read is still the one that was read before.</summary>
[Trait("Category", "system")]
public sealed class LogCheckTests : IDisposable
{
    private readonly EmbeddedKafkaServer _kafka = new();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task A_log_is_known_by_what_was_recognised_before_and_not_by_what_was_read_since()
    {
        var (partition, timestamps) = await PublishAsync("key", "a", "b", "c");
        using var check = Check();
        var last = At(2, timestamps, "c");

        Assert.Empty(check.FindOthers(Reading(partition, At(0, timestamps, "a"), last), TestContext.Current.CancellationToken));

        // Offset 1 was read as something else: the log was another one then, though its newest record matches.
        using var later = Check();
        Assert.Equal([partition], later.FindOthers(Reading(partition, At(1, timestamps, "other"), last), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_was_recognised_moves_on_and_is_kept_when_a_partition_is_assigned_again()
    {
        var (partition, timestamps) = await PublishAsync("key", "a", "b", "c");
        using var check = Check();
        Assert.Empty(check.FindOthers(Reading(partition, At(0, timestamps, "a"), At(1, timestamps, "other")), TestContext.Current.CancellationToken));

        // Assigned again in the same epoch, it seems to begin at a record that matches.
        var again = Reading(partition, At(2, timestamps, "c"), At(2, timestamps, "c"));
        Assert.Equal([partition], check.FindOthers(again, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_the_reader_before_knew_a_log_by_is_looked_at_whatever_it_read_last()
    {
        var (partition, timestamps) = await PublishAsync("key", "a", "b", "c");
        var last = At(2, timestamps, "c");
        var sameLog = last with { Known = At(0, timestamps, "a").Last };
        var otherLog = last with { Known = At(1, timestamps, "other").Last };
        using (var check = Check())
        {
            Assert.Empty(check.FindOthers(Reading(partition, sameLog, sameLog), TestContext.Current.CancellationToken));
            Assert.Equal(2, check.Recognised[partition].Last!.Offset);

            // Nothing new: nothing to be kept.
            Assert.Empty(check.FindOthers(Reading(partition, sameLog, sameLog), TestContext.Current.CancellationToken));
            Assert.Empty(check.Recognised);
        }

        using var another = Check();
        Assert.Equal([partition], another.FindOthers(Reading(partition, otherLog, otherLog), TestContext.Current.CancellationToken));
        Assert.Empty(another.Recognised);
    }

    [Fact]
    public async Task A_log_that_ends_below_what_was_read_is_another_one_and_one_nobody_read_is_none()
    {
        var (partition, timestamps) = await PublishAsync("key", "a");
        using var check = Check();
        var (unread, longer) = (new Watermark(1, 0, Last: null), new Watermark(1, 5, new LastRecord(0, timestamps[0], LastRecord.HashOf("a"u8.ToArray()))));

        Assert.Empty(check.FindOthers(Logs(partition, new ReadLog(unread, unread)), TestContext.Current.CancellationToken));
        Assert.Equal([partition], check.FindOthers(Logs(partition, new ReadLog(unread, longer)), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_reader_that_begins_anew_knows_a_log_by_a_record_ahead_of_it()
    {
        var (partition, timestamps) = await PublishAsync("key", "a", "b", "c");
        using var check = Check();
        var begins = new Watermark(3, 0, Last: null);
        var (same, other, longer) = (
            begins with { Known = At(2, timestamps, "c").Last },
            begins with { Known = At(2, timestamps, "other").Last },
            begins with { Known = new LastRecord(3, timestamps[2], []) });

        Assert.Empty(check.FindOthers(Reading(partition, same, same), TestContext.Current.CancellationToken));
        using var another = Check();
        Assert.Equal([partition], another.FindOthers(Reading(partition, other, other), TestContext.Current.CancellationToken));
        using var third = Check();
        Assert.Equal([partition], third.FindOthers(Reading(partition, longer, longer), TestContext.Current.CancellationToken));
    }

    private async Task<(int Partition, long[] Timestamps)> PublishAsync(string key, params string[] values)
    {
        var timestamps = new long[values.Length];
        var partition = -1;
        for (var i = 0; i < values.Length; i++)
        {
            timestamps[i] = 1_700_000_000_000 + i;
            partition = await _kafka.PublishAsync(key, System.Text.Encoding.UTF8.GetBytes(values[i]), timestamps[i]);
        }

        return (partition, timestamps);
    }

    private LogCheck Check() => new(Topics.Orders, "check", new KafkaOptions { BootstrapServers = _kafka.Servers }, TimeProvider.System);

    private static Watermark At(long offset, long[] timestamps, string value) => new(
        1, offset + 1, new LastRecord(offset, timestamps[offset], LastRecord.HashOf(System.Text.Encoding.UTF8.GetBytes(value))));

    private static Dictionary<int, ReadLog> Reading(int partition, Watermark start, Watermark accounted) => Logs(partition, new ReadLog(start, accounted));

    private static Dictionary<int, ReadLog> Logs(int partition, ReadLog log) => new() { [partition] = log };
}
