using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>The topic becomes another one while it is read, and the group forgets: nothing is missed, nothing is told twice.</summary>
[Trait("Category", "kafka")]
public sealed class RecreatedTopicTests
{
    [Fact]
    public async Task A_topic_created_again_is_read_from_its_beginning_and_a_group_without_offsets_reads_nothing_again()
    {
        // A long session, so that nothing but the check can tell that the topic is another one.
        await using var system = await BusSystem.UpAsync(realKafka: true, ("Ingest__Reading__SessionTimeout", "00:00:20"));
        using var topic = new OrdersTopic(system);
        await topic.PutManyAsync("first", 40);
        await StoredAsync(system, 41);

        // Frozen for less than its session: it wakes up at its old position, in a log that has grown past it.
        await system.SignalAsync("service", "STOP");
        await topic.RecreateAsync();
        await topic.PutManyAsync("longer", 120);
        await system.SignalAsync("service", "CONT");
        await StoredAsync(system, 161);
        Assert.Equal(2, await EpochAsync(system));

        await topic.RecreateAsync();
        await topic.PutManyAsync("shorter", 8);
        await StoredAsync(system, 169);
        Assert.Equal(3, await EpochAsync(system));

        // What is put again into the new log is known by its bytes.
        await topic.PutManyAsync("longer", 120);
        await topic.PutManyAsync("last", 4);
        await StoredAsync(system, 173);
        await system.VerifiedAsync();

        var events = (await system.EventsAsync()).Count;
        await system.SignalAsync("supervisor", "STOP");
        await system.SignalAsync("service", "KILL");
        await topic.ResetGroupAsync("orders-service");
        var accounted = await AccountedAsync(system);
        await system.SignalAsync("supervisor", "CONT");
        await topic.PutManyAsync("after", 4);
        await StoredAsync(system, 177);
        await system.VerifiedAsync();
        Assert.Equal(accounted + 4, await AccountedAsync(system));
        Assert.Equal(events + 4, (await system.EventsAsync()).Count);
        Assert.Equal(0, await system.QueryAsync<long>("SELECT count(*) FROM orders WHERE version <> 1"));
    }

    [Fact]
    public async Task A_service_killed_before_it_looked_at_the_log_it_reads_finds_it_to_be_another_one_when_it_starts()
    {
        // No look by the clock while the test runs, and a long session: nothing else tells that the topic is another one.
        await using var system = await BusSystem.UpAsync(
            realKafka: true, ("Ingest__Reading__RecheckInterval", "01:00:00"), ("Ingest__Reading__SessionTimeout", "00:00:20"));
        using var topic = new OrdersTopic(system);
        (await system.RunAsync("publish", "--count", "400", "--seed", "3")).Succeeded();
        await StoredAsync(system, 401);

        // Frozen, it wakes up at its old position in a log that has grown past it, and reads on.
        await system.SignalAsync("service", "STOP");
        await topic.RecreateAsync();
        var ledger = Path.GetTempFileName();
        (await system.RunAsync("publish", "--count", "4000", "--seed", "4", "--ledger", ledger)).Succeeded();
        await system.SignalAsync("service", "CONT");
        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT sum(position)::bigint FROM watermark"), read => read == 4_000);
        var missed = 4_401 - await system.QueryAsync<long>("SELECT count(*) FROM orders");
        Assert.Equal((1, 401L), (await EpochAsync(system), missed));

        await system.SignalAsync("service", "KILL");
        await StoredAsync(system, 4_401);
        Assert.Equal(2, await EpochAsync(system));
        (await system.RunAsync("verify", "--ledger", ledger)).Succeeded();
        File.Delete(ledger);
    }

    private static Task<long> StoredAsync(BusSystem system, long expected) => Eventually.SeeAsync(
        () => system.QueryAsync<long>("SELECT count(*) FROM orders"), stored => stored == expected);

    private static Task<int> EpochAsync(BusSystem system) => system.QueryAsync<int>("SELECT min(epoch) FROM watermark");

    private static Task<long> AccountedAsync(BusSystem system) => system.QueryAsync<long>("SELECT sum(next_offset - first_offset)::bigint FROM inbox");
}
