using System.Text.Json;
using Orders.Tests.Servers;
using Orders.Tests.Tools;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>A record ends the process whenever it is worked on; the supervisor starts it again, and again.</summary>
[Trait("Category", "kafka")]
public sealed class CrashingRecordTests
{
    private const string Deadly = "deadly";
    private const int Neighbours = 12;

    [Fact]
    public async Task It_is_found_after_a_few_starts_and_kept_without_being_looked_into_and_the_service_runs_on()
    {
        await using var system = await ArmedSystem.UpAsync(("Failures__UncleanStarts", "2"));
        using var topic = new OrdersTopic(system.Bus);
        system.Arm($"record=kill:key({Deadly})");
        await Task.WhenAll(Enumerable.Range(0, Neighbours).Select(i =>
            i == Neighbours / 2 ? topic.PutAsync(0, Deadly, SampleOrders.Of(Deadly)) : topic.PutAsync(0, $"beside-{i}", SampleOrders.Of($"beside-{i}"))));

        // Two starts that crash over a batch, and two over the record alone; besides, each that got on with one that came before it.
        await system.FiredAsync("record", 1);
        await system.FiredAsync("record", 2);
        await system.FiredAsync("record", 3);
        await system.FiredAsync("record", 4);
        await SuspectAsync(system);

        await Eventually.SeeAsync(
            () => system.Bus.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'beside-%'"), stored => stored == Neighbours - 1);
        await topic.PutAsync(0, "later", SampleOrders.Of("later"));
        await system.Bus.ServesAsync("later", SampleOrders.Of("later"));
        Assert.InRange(system.Fired("record"), 4, 4 + (Neighbours / 2));
        Assert.Equal(SampleOrders.Of(Deadly), await system.Bus.QueryAsync<byte[]>("SELECT value FROM dead_letter"));
        Assert.Equal(1, await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter"));
        await system.Bus.VerifiedAsync();
    }

    [Fact]
    public async Task At_a_redelivery_it_is_dead_after_two_ends_and_its_order_alone_waits_for_an_operator()
    {
        await using var system = await ArmedSystem.UpAsync(
            ("Failures__FirstRedelivery", "00:00:01"), ("Failures__SecondRedelivery", "00:00:30"), ("Failures__UncleanStarts", "1"));
        using var topic = new OrdersTopic(system.Bus);
        system.Arm($"record=throw:key({Deadly})");
        await topic.PutAsync(0, Deadly, SampleOrders.Of(Deadly));
        await topic.PutAsync(0, Deadly, SampleOrders.Of(Deadly, 2));
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter_attempt WHERE kind = 'redelivery'"), tried => tried == 1);
        var failed = system.Fired("record");
        system.Arm($"record=kill:key({Deadly})");
        await using (var due = system.Bus.Database.CreateCommand("UPDATE parking SET due_at = now()"))
        {
            await due.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await SuspectAsync(system);
        Assert.Equal(2, system.Fired("record") - failed);
        await topic.PutAsync(0, "later", SampleOrders.Of("later"));
        await system.Bus.ServesAsync("later", SampleOrders.Of("later"));
        Assert.Equal(1, await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'parked'"));

        system.Disarm();
        (await system.Bus.RunAsync("dlq", "replay", "1")).Succeeded();
        await system.Bus.ServesAsync(Deadly, SampleOrders.Of(Deadly, 2));
        await system.Bus.VerifiedAsync();
    }

    [Fact]
    public async Task In_a_reprocess_it_is_found_among_its_neighbours_and_the_job_goes_on_behind_it()
    {
        await using var system = await ArmedSystem.UpAsync(("Failures__UncleanStarts", "1"));
        using var topic = new OrdersTopic(system.Bus);
        string[] uids = [.. Enumerable.Range(0, Neighbours).Select(i => i == Neighbours / 2 ? Deadly : $"beside-{i}")];
        await Task.WhenAll(uids.Select(uid => topic.PutAsync(0, uid, SampleOrders.Of(uid))));
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == Neighbours + 1);
        system.Arm($"record=kill:key({Deadly})");

        // It watches, for as long as its patience with a service that is not there lasts; the job goes on without it.
        var watching = system.Bus.RunAsync("reprocess", "--from", "start", "--to", "end", "--partition", "0");
        await SuspectAsync(system);
        await Eventually.SeeAsync(() => system.Bus.QueryAsync<long>("SELECT count(*) FROM reprocess WHERE state = 'done'"), done => done == 1);
        await watching;
        var job = Schemas.Validate((await system.Bus.RunAsync("reprocess", "--job", "1", "--json")).Succeeded());

        Assert.Equal("done", job.GetProperty("state").GetString());

        // Once among the others, and alone, by which its place is known; there once with those behind it, and alone.
        Assert.Equal(4, system.Fired("record"));
        var all = await system.Bus.QueryAsync<long>("SELECT position FROM watermark WHERE partition = 0");
        Assert.Equal((all - 1, 1), (Count(job, "duplicate"), Count(job, "dead")));
        Assert.Equal(0, await system.Bus.QueryAsync<long>("SELECT count(*) FROM partition_start WHERE topic = '#reprocess'"));
        system.Disarm();
        await system.Bus.VerifiedAsync();
    }

    /// <summary>Returns when the record is a dead letter, however often the service has to be started again for that.</summary>
    private static Task<long> SuspectAsync(ArmedSystem system) => Eventually.SeeAsync(
        async () =>
        {
            system.Hurry();
            return await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'dead' AND reason = 'crash_suspect'");
        },
        dead => dead == 1);

    private static long Count(JsonElement job, string outcome) => job.GetProperty("counts").GetProperty(outcome).GetInt64();
}
