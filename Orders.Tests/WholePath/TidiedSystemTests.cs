using System.Text;
using Orders.Tests.Servers;
using Orders.Tests.Tools;

namespace Orders.Tests.WholePath;

/// <summary>What was tidied away is still accounted for: the check finds nothing missing, and still finds what is.</summary>
[Trait("Category", "kafka")]
public sealed class TidiedSystemTests
{
    private static readonly byte[] Large = Encoding.UTF8.GetBytes(
        Encoding.UTF8.GetString(SampleOrders.Of("large-1"))
            .Replace("\"locale\"", $"\"note\": \"{new string('x', 5000)}\", \"locale\"", StringComparison.Ordinal));

    [Fact]
    public async Task Merged_ranges_and_expired_dead_letters_leave_the_account_whole()
    {
        await using var system = await BusSystem.UpAsync(realKafka: true, ("Ingest__MaxValueBytes", "5000"));
        (await system.RunAsync("publish", "--count", "2000", "--seed", "5", "--poison", "1%", "--dup", "2%", "--update", "5%", "--remove", "2%")).Succeeded();
        await system.PublishAsync("large-1", Large);
        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE reason = 'too_large'"), count => count == 1);
        (await system.RunAsync("verify")).Succeeded();
        var ranges = await system.QueryAsync<long>("SELECT count(*) FROM inbox");
        var dead = await system.QueryAsync<long>("SELECT count(*) FROM dead_letter");
        await system.StopAsync();

        await system.StartAsync(
            ("Ingest__MaxValueBytes", "983040"), ("Tidying__Interval", "00:00:01"), ("Tidying__MergeAfter", "00:00:00"),
            ("Tidying__ResolvedDeadLettersFor", "00:00:00"));
        var id = await system.QueryAsync<long>("SELECT id FROM dead_letter WHERE reason = 'too_large'");
        (await system.RunAsync("dlq", "replay", $"{id}")).Succeeded();
        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT sum(expired)::bigint FROM inbox"), expired => expired == 1);
        await Eventually.SeeAsync(
            () => system.QueryAsync<bool>("SELECT (SELECT count(*) FROM inbox) = (SELECT count(*) FROM watermark WHERE position > 0)"), merged => merged);

        Assert.True(ranges > 4, $"{ranges} ranges were nothing to merge.");
        Assert.Equal(dead - 1, await system.QueryAsync<long>("SELECT count(*) FROM dead_letter"));
        await system.ServesAsync("large-1", Large);
        Schemas.Validate((await system.RunAsync("verify", "--json")).Succeeded());

        await system.QueryAsync<long>(
            "WITH gone AS (DELETE FROM dead_letter WHERE id = (SELECT min(id) FROM dead_letter) RETURNING 1) SELECT count(*) FROM gone");
        Assert.Equal(3, (await system.RunAsync("verify")).ExitCode);
    }
}
