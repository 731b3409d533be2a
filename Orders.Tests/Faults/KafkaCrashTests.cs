using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F06: the broker is killed under load and comes back with what it had.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class KafkaCrashTests(FaultSystem system)
{
    [Fact]
    public async Task A_broker_that_dies_is_waited_for()
    {
        Unsupervised? unsupervised = null;
        await new Outage(system).RunAsync(
            begin: async () =>
            {
                unsupervised = await system.UnsupervisedAsync();
                await system.EndAsync(ProcessName.Kafka, "KILL");
            },
            during: load => load.LastsAsync(FaultLength.Seconds(3, 60)),
            end: async () =>
            {
                if (unsupervised is not null)
                {
                    await unsupervised.DisposeAsync();
                }
            });
    }
}
