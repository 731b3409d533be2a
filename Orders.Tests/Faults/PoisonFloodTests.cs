using System.Globalization;
using System.Text.Json;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F31: a thousand records in a row cannot be stored, then every second one. Good ones keep flowing, and the brake does not trip.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class PoisonFloodTests(FaultSystem system)
{
    private const int InARow = 1_000;

    [Fact]
    public async Task Good_records_keep_flowing_and_ingest_is_not_paused()
    {
        await system.ReadyAsync();
        using var topic = new OrdersTopic(system.Bus);
        await using var watch = new ReadinessWatch(system.Bus.Operations);
        var (begin, dead) = (TimeProvider.System.GetTimestamp(), await system.DeadLettersAsync());
        await Task.WhenAll(Enumerable.Range(0, InARow).Select(i => topic.PutAsync(0, $"bad-{i}", "{"u8.ToArray())));
        await topic.PutAsync(0, "behind-the-bad", SampleOrders.Of("behind-the-bad"));
        var put = TimeProvider.System.GetTimestamp();
        await system.Bus.ServesAsync("behind-the-bad", SampleOrders.Of("behind-the-bad"));
        var behind = TimeProvider.System.GetElapsedTime(put);
        Assert.Equal(dead + InARow, await system.DeadLettersAsync());

        var duration = $"{FaultLength.Seconds(8, 60).TotalSeconds:0}s";
        var result = await system.Bus.RunAsync(
            "load", "--rate", "2000", "--duration", duration, "--poison", "50%", "--seed", $"{FaultLength.Seed}",
            "--ledger", system.LedgerFile, "--slo", "lost=0,failed=0,unseen=0", "--json");

        Assert.Equal(0, await system.Bus.QueryAsync<long>("SELECT count(*) FROM pause"));
        Assert.Null(watch.Until(503, begin));
        var report = JsonDocument.Parse(result.Succeeded()).RootElement;
        var bad = await system.DeadLettersAsync() - dead - InARow;
        Assert.True(bad > report.GetProperty("sent").GetInt64() * 2 / 5, $"Only {bad} of {report.GetProperty("sent")} could not be stored.");
        await system.VerifiedAsync(
            $"good record behind {InARow} bad ones served after {FaultSystem.In(behind)}",
            $"then {report.GetProperty("achievedRate")} records/s for {duration}, {bad} of {report.GetProperty("sent")} bad",
            $"good ones: {Stages(report)}", "not paused, always ready");
    }

    private static string Stages(JsonElement report) => string.Join(", ", report.GetProperty("stages").EnumerateArray().Select(stage => string.Create(
        CultureInfo.InvariantCulture, $"{stage.GetProperty("name")} p50 {stage.GetProperty("p50Ms")} ms p99 {stage.GetProperty("p99Ms")} ms")));
}
