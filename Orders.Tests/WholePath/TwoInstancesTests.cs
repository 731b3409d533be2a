using System.Globalization;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>Two services share a topic, while one freezes and the other comes and goes: each record still has one effect.</summary>
[Trait("Category", "kafka")]
public sealed class TwoInstancesTests
{
    private const int Orders = 12_000;

    [Fact]
    public async Task A_frozen_instance_that_wakes_up_and_one_that_comes_and_goes_lose_nothing_and_do_nothing_twice()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true);
        var publishing = system.RunAsync(
            "publish", "--count", Orders.ToString(CultureInfo.InvariantCulture), "--seed", "11", "--rate", "300", "--dup", "1%");
        await using (var second = HostProcess.StartService(system.ServiceConnection, system.KafkaServers))
        {
            await Eventually.SeeAsync(second.ReadyAsync, ready => ready == 200);
            await AdvanceAsync(system, 300);

            // The frozen one stays silent past its session: every partition moves on only because the other took it over.
            await system.SignalAsync("service", "STOP");
            await EveryPartitionAdvancesAsync(system);
            await system.SignalAsync("service", "CONT");
            await AdvanceAsync(system, 300);
            Assert.Equal(0, await second.StopAsync());
        }

        for (var round = 0; round < 3; round++)
        {
            await using var visitor = HostProcess.StartService(system.ServiceConnection, system.KafkaServers);
            await Eventually.SeeAsync(visitor.ReadyAsync, ready => ready == 200);
            await AdvanceAsync(system, 200);
            if (round % 2 == 0)
            {
                Assert.Equal(0, await visitor.StopAsync());
            }
        }

        (await publishing).Succeeded();
        await system.VerifiedAsync();
    }

    private static async Task AdvanceAsync(BusSystem system, long records)
    {
        var goal = await AccountedAsync(system) + records;
        await Eventually.SeeAsync(() => AccountedAsync(system), accounted => accounted >= goal || accounted >= Orders);
    }

    private static async Task EveryPartitionAdvancesAsync(BusSystem system)
    {
        for (var partition = 0; partition < OrdersTopic.Partitions; partition++)
        {
            var position = $"SELECT position FROM watermark WHERE topic = 'orders' AND partition = {partition}";
            var before = await system.QueryAsync<long>(position);
            await Eventually.SeeAsync(() => system.QueryAsync<long>(position), after => after > before + 50);
        }
    }

    private static Task<long> AccountedAsync(BusSystem system) => system.QueryAsync<long>("SELECT sum(position)::bigint FROM watermark");
}
