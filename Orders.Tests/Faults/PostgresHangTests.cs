using System.Diagnostics;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>F17: Postgres answers nobody and ends nothing. Orders that are cached are served as before.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class PostgresHangTests(FaultSystem system)
{
    private const int Orders = 50;

    [Fact]
    public async Task A_frozen_server_is_waited_for_and_cached_orders_are_served_meanwhile()
    {
        await using var postgres = new PostgresFaults(system);
        for (var i = 0; i < Orders; i++)
        {
            await system.Bus.PublishAsync($"cached-{i}", SampleOrders.Of($"cached-{i}"));
        }

        for (var i = 0; i < Orders; i++)
        {
            await system.Bus.ServesAsync($"cached-{i}", SampleOrders.Of($"cached-{i}"));
        }

        var slowest = new List<TimeSpan>();
        await new Outage(system).RunAsync(
            begin: () => postgres.SignalAllAsync("STOP"),
            during: async load =>
            {
                var reading = ReadAsync(slowest);
                await load.LastsAsync(FaultLength.Seconds(6, 60));
                await reading;
            },
            end: () => postgres.SignalAllAsync("CONT"));
        slowest.Sort();
        FaultSystem.Tell(
            $"{slowest.Count} GETs of cached orders while it hung: all 200, p99 {slowest[slowest.Count * 99 / 100].TotalMilliseconds:0.0} ms, "
                + $"slowest {slowest[^1].TotalMilliseconds:0.0} ms");
    }

    /// <summary>Fifty GETs a second, for five seconds.</summary>
    private async Task ReadAsync(List<TimeSpan> times)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var i = 0; i < 250; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var (status, body) = await system.Bus.GetOrderAsync($"cached-{i % Orders}");
            times.Add(Stopwatch.GetElapsedTime(start));
            Assert.Equal(200, status);
            Assert.Equal(SampleOrders.Of($"cached-{i % Orders}"), body);
            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
