using Orders.Tests.WholePath;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F12: the group's offsets are gone, or say that nothing was read. The watermark rules: nothing is applied or told a second time.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class LostOffsetsTests(FaultSystem system)
{
    [Fact]
    public async Task A_group_set_back_to_the_beginning_goes_on_where_the_watermark_stands()
    {
        await system.ReadyAsync();
        using var topic = new OrdersTopic(system.Bus);
        await using (var load = system.Load(OrderLoad.Usual, rate: FaultLength.Of(1_000, 2_000)))
        {
            await load.LastsAsync(FaultLength.Seconds(3, 60));
            await load.StopAsync();
        }

        await system.CaughtUpAsync();
        var (repeats, accounted) = (await system.RepeatsAsync(), await system.AccountedAsync());
        var told = (await system.VerifiedAsync()).GetProperty("events");
        await using (await system.UnsupervisedAsync())
        {
            await system.EndAsync(ProcessName.Service, "TERM");
            await topic.ResetGroupAsync("orders-service");
        }

        await system.ReadyAsync();
        await using (var load = system.Load(OrderLoad.OnlyGood))
        {
            await load.LastsAsync(FaultLength.Seconds(1, 10));
            await load.StopAsync();
            var report = await system.VerifiedAsync($"group's offsets set back by {accounted} records, 0 of them read again");
            Assert.Equal(accounted + load.Acked, await system.AccountedAsync());
            Assert.Equal(told.GetProperty("repeated").GetInt64(), report.GetProperty("events").GetProperty("repeated").GetInt64());
            Assert.Equal(told.GetProperty("onTopic").GetInt64() + load.Acked, report.GetProperty("events").GetProperty("onTopic").GetInt64());
        }

        Assert.Equal(repeats, await system.RepeatsAsync());
    }
}
