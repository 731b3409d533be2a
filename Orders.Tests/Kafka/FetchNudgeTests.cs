using Bus.Kafka.Polling;

namespace Orders.Tests.Kafka;

/// <summary>The client is asked often enough to go on fetching, and no more often.</summary>
public sealed class FetchNudgeTests
{
    private const int Share = 25;

    [Fact]
    public void A_question_is_asked_for_each_quarter_of_the_queue_that_was_read()
    {
        var asked = 0;
        var nudge = new FetchNudge(() => asked++, queueBytes: 100, queueRecords: 100);
        for (var quarter = 1; quarter <= 3; quarter++)
        {
            nudge.Read(Share - 1);
            nudge.End();
            Assert.Equal(quarter - 1, asked);
            nudge.Read(1);
            nudge.End();
            Assert.Equal(quarter, asked);
        }
    }

    [Fact]
    public void Records_without_bytes_count_for_their_share_of_the_records_the_queue_holds()
    {
        var asked = 0;
        var nudge = new FetchNudge(() => asked++, queueBytes: 1_000, queueRecords: 100);
        for (var record = 0; record < Share; record++)
        {
            nudge.End();
            Assert.Equal(0, asked);
            nudge.Read(0);
        }

        nudge.End();
        Assert.Equal(1, asked);
    }

    [Fact]
    public void While_a_question_is_under_way_no_other_is_asked_and_the_next_record_asks_it()
    {
        var asked = 0;
        using var answer = new ManualResetEventSlim();
        var nudge = new FetchNudge(
            () =>
            {
                Interlocked.Increment(ref asked);
                answer.Wait(TestContext.Current.CancellationToken);
            },
            queueBytes: 100,
            queueRecords: 100);
        nudge.Read(Share);
        nudge.Read(Share);
        answer.Set();
        nudge.End();
        Assert.Equal(1, asked);
        nudge.Read(1);
        nudge.End();
        Assert.Equal(2, asked);
    }

    [Fact]
    public void A_question_that_fails_keeps_nobody_from_closing_the_client()
    {
        var nudge = new FetchNudge(() => throw new InvalidOperationException("nobody listens"), queueBytes: 100, queueRecords: 100);
        nudge.Read(Share);
        nudge.End();
    }
}
