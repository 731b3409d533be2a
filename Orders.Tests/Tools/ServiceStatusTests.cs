using System.Text.Json;
using Orders.Tools.Status;

namespace Orders.Tests.Tools;

public sealed class ServiceStatusTests
{
    [Fact]
    public void What_the_service_tells_becomes_a_line_each_and_counts_of_zero_are_left_out()
    {
        var answer = JsonSerializer.SerializeToElement(new
        {
            schema = "busorders/service-status/1",
            ready = true,
            partitions = new[] { new { topic = "orders", partition = 0, position = 5 } },
            outcomes = new { stored = 5, dead = 0 },
            outbox = new { waiting = 0, oldestSeconds = (double?)null },
            deadLetters = new[] { new { state = "dead", reason = "\u001bbad", count = 2 } },
        });
        Assert.Equal(
            [
                "partitions  topic orders, partition 0, position 5",
                "outcomes    stored 5",
                "deadLetters state dead, reason \\u001Bbad, count 2",
            ],
            ServiceStatus.Lines(answer));
    }

    [Fact]
    public void Without_an_answer_there_is_nothing_to_show() => Assert.Empty(ServiceStatus.Lines(null));
}
