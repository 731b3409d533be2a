using System.Text.Json;
using Orders.Tests.Caching;
using Orders.Tools;
using Orders.Tools.Load;
using Orders.Tools.Publish;

namespace Orders.Tests.Tools;

public sealed class LoadReportTests
{
    private const double Rate = 100;

    private readonly ManualTime _time = new();
    private readonly LoadClock _clock;
    private readonly LoadTally _tally;

    public LoadReportTests()
    {
        _clock = new(_time, Rate);
        _tally = new(_clock, warmUpCount: 10);
    }

    [Fact]
    public void A_latency_counts_from_the_planned_send_however_late_the_send_was()
    {
        // Planned at 100 ms, sent at 600 ms because the sender hung, arrived at 650 ms: a reader waited 550 ms.
        _time.Advance(TimeSpan.FromMilliseconds(600));
        _tally.Expect("a", 10);
        _tally.Sent(10);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        _tally.Arrived("a", _time.GetUtcNow() - TimeSpan.FromMilliseconds(20));

        Assert.Equal(550_000, _tally.Of(StageName.Event).Summarize()!.Max);
        Assert.Equal(530_000, _tally.Of(StageName.Stored).Summarize()!.Max);
        Assert.Equal(500_000, _tally.LatestSend);
    }

    [Fact]
    public void The_warm_up_is_not_measured_but_its_losses_count()
    {
        _tally.Expect("measured not", 9);
        _tally.Expect("lost", 8);
        _tally.Arrived("measured not", null);

        Assert.Null(_tally.Of(StageName.Event).Summarize());
        Assert.Equal((2L, 1L, 1L), (_tally.Expected, _tally.Events, _tally.Open));
    }

    [Fact]
    public void An_event_counts_once_and_orders_of_others_do_not()
    {
        _tally.Expect("a", 10);
        _tally.Arrived("a", null);
        _tally.Arrived("a", null);
        _tally.Arrived("somebody else's", null);
        Assert.Equal(1, _tally.Events);
    }

    [Theory]
    [InlineData("e2e_p99<250ms,lost=0", true)]
    [InlineData("visible_p99.9<=1s, event_max>=1ms", true)]
    [InlineData("e2e_p50<10ms", false)]
    [InlineData("acked_p99<1s", false)]
    [InlineData("lost=1", false)]
    [InlineData("rate>=100", true)]
    public void Goals_decide_over_the_exit_code(string goals, bool met)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _tally.Expect("a", 90);
        _tally.Arrived("a", null);
        _tally.Visible(90);

        Assert.Equal(met ? ExitCode.Fine : ExitCode.GoalMissed, Report(goals).ExitCode);
    }

    [Theory]
    [InlineData("e2e_p99")]
    [InlineData("e2e_p98<1s")]
    [InlineData("soon_p99<1s")]
    [InlineData("lost=none")]
    [InlineData("p99<1s")]
    public void What_is_no_goal_is_refused_with_those_that_are(string goals) =>
        Assert.Contains("e2e_p99<250ms,lost=0", Assert.Throws<BusException>(() => Goal.Parse(goals)).Message);

    [Fact]
    public void An_interrupted_run_reports_what_it_has_and_says_so()
    {
        var report = Report(Goal.Default) with { Interrupted = true, Undecided = 3 };
        Assert.Equal(ExitCode.Interrupted, report.ExitCode);
        Assert.StartsWith("Interrupted. Sent 100", report.ForPeople().First());
        Assert.Contains("3 orders were still on their way when the run was interrupted.", report.ForPeople());
        Schemas.Validate(JsonSerializer.Serialize(report.ForScripts(), JsonSerializerOptions.Web));
    }

    [Fact]
    public void The_result_for_scripts_keeps_its_schema()
    {
        _tally.Expect("a", 50);
        _tally.Arrived("a", _time.GetUtcNow());
        _tally.Sample();
        _tally.Visible(50);
        _tally.Acked(50);
        Schemas.Validate(JsonSerializer.Serialize(Report("e2e_p99<250ms,lost=0").ForScripts(), JsonSerializerOptions.Web));
    }

    [Fact]
    public void Verdicts_are_shown_with_what_was_measured()
    {
        _tally.Expect("a", 90);
        _time.Advance(TimeSpan.FromSeconds(1));
        _tally.Visible(90);
        var lines = Report("e2e_p99<250ms,e2e_p99<50ms,stored_p99<1s,lost=0").ForPeople().ToList();
        Assert.Equal(["✓ e2e_p99<250ms: 100 ms", "✗ e2e_p99<50ms: 100 ms", "✗ stored_p99<1s: not measured", "✓ lost=0: 0"], lines[^4..]);
    }

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("250ms", 0.25)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    public void Durations_are_read_with_their_unit(string text, double seconds) =>
        Assert.Equal(seconds, LoadRequest.ParseDuration("--duration", text).TotalSeconds);

    [Theory]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e9h")]
    public void A_duration_without_sense_is_refused(string text) =>
        Assert.Contains(text, Assert.Throws<BusException>(() => LoadRequest.ParseDuration("--duration", text)).Message);

    [Theory]
    [InlineData(0, 10, "--rate 0")]
    [InlineData(double.NaN, 10, "--rate NaN")]
    [InlineData(1e9, 10, "--rate 1000000000")]
    [InlineData(10, 2, "--duration 2s")]
    public void A_run_that_cannot_be_measured_is_refused(double rate, double seconds, string said) =>
        Assert.Contains(said, Assert.Throws<BusException>(() => Request(rate, seconds, Goal.Default).Check()).Message);

    [Theory]
    [InlineData(30, 3)]
    [InlineData(10, 2)]
    public void A_tenth_is_warm_up_and_two_seconds_at_least(double seconds, double warmUp) =>
        Assert.Equal(warmUp, Request(Rate, seconds, Goal.Default).WarmUp.TotalSeconds);

    [Fact]
    public void Of_made_up_traffic_the_orders_that_must_lead_to_an_event_are_marked()
    {
        var records = new MadeUpTraffic(7, new Shares(0.1, 0.1, 0, 0)).Records(1_000).ToList();
        var fresh = records.Where(record => record.IsNew).ToList();
        Assert.Equal(fresh.Count, fresh.Select(record => record.Key).Distinct().Count());
        Assert.InRange(fresh.Count, 750, 850);
        Assert.All(records.Where(record => record.Source.StartsWith("poison", StringComparison.Ordinal)), record => Assert.False(record.IsNew));
    }

    private LoadReport Report(string goals) => new(Request(Rate, 10, goals), _tally)
    {
        Sent = 100, Acked = 100, Failed = 0, Unanswered = 0, Lost = 0, Undecided = 0, SecondsSending = 1, Interrupted = false,
    };

    private static LoadRequest Request(double rate, double seconds, string goals) =>
        new(rate, TimeSpan.FromSeconds(seconds), default, 7, TimeSpan.FromSeconds(30), null, Goal.Parse(goals));
}
