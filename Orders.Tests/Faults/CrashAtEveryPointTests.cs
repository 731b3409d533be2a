using System.Globalization;
using System.Net;
using Orders.Tests.Servers;
using Orders.Tests.WholePath;

namespace Orders.Tests.Faults;

/// <summary>Fault F02: a host dies at each point of its code where something is done and something else is not yet.</summary>
[Trait("Category", "kafka")]
public sealed class CrashAtEveryPointTests
{
    /// <summary>Every point, in the order they are tried in: a relay that begins with events to send needs no group, so it waits for none.</summary>
    internal static readonly string[] Points =
    [
        "after_poll", "before_tx", "in_tx", "dead_letter_inserted", "before_offset_commit", "after_db_commit",
        "outbox_claimed", "outbox_after_send", "outbox_before_mark", "replay_after_mark", "cache_after_db",
    ];

    private const string FailingUid = "fails-then-mended";

    [Fact]
    public async Task Nothing_is_lost_doubled_torn_or_reordered_wherever_the_process_dies()
    {
        await using var system = await ArmedSystem.UpAsync(
            ("Failures__Retries", "0"), ("Failures__UncleanStarts", "100"),
            ("Failures__FirstRedelivery", "00:00:00"), ("Failures__SecondRedelivery", "00:00:00"), ("Failures__LastRedelivery", "00:00:00"));
        var ledger = Path.GetTempFileName();
        try
        {
            await MakeADeadLetterAsync(system);
            foreach (var (number, point) in Points[..^2].Index())
            {
                system.Arm($"{point}=kill:once");
                var traffic = PublishAsync(system.Bus, ledger, number);
                await system.FiredAsync(point);
                await traffic;
            }

            await DieWhileReplayingAsync(system);
            await DieWhileFillingAsync(system);
            system.Disarm();
            (await system.Bus.RunAsync("verify", "--ledger", ledger)).Succeeded();
            Assert.All(Points, point => Assert.True(system.Hits(point) > 0, $"{point} was never passed."));
            Assert.All(Points, point => Assert.Equal((point, 1), (point, system.Fired(point))));
            Assert.Equal(0, await system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE reason = 'crash_suspect'"));
        }
        finally
        {
            File.Delete(ledger);
        }
    }

    /// <summary>Good orders, changes, removals, repetitions, and some that cannot be stored.</summary>
    private static async Task PublishAsync(BusSystem bus, string ledger, int seed) => (await bus.RunAsync(
        "publish", "--count", "400", "--rate", "400", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--dup", "3%", "--update", "10%",
        "--remove", "2%", "--poison", "3%", "--ledger", ledger)).Succeeded();

    /// <summary>One that a replay resolves, once what it failed for is gone.</summary>
    private static async Task MakeADeadLetterAsync(ArmedSystem system)
    {
        system.Arm($"record=throw:key({FailingUid})");
        await system.Bus.PublishAsync(FailingUid, SampleOrders.Of(FailingUid));
        await Eventually.SeeAsync(
            () => system.Bus.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'dead' AND reason = 'ingest_failed'"), dead => dead == 1);
    }

    private static async Task DieWhileReplayingAsync(ArmedSystem system)
    {
        var id = await system.Bus.QueryAsync<long>("SELECT id FROM dead_letter WHERE reason = 'ingest_failed'");
        var letter = id.ToString(CultureInfo.InvariantCulture);
        await Eventually.SeeAsync(() => OperationsAsync(system.Bus), status => status == HttpStatusCode.OK);
        system.Arm("replay_after_mark=kill:once");
        Assert.NotEqual(0, (await system.Bus.RunAsync("dlq", "replay", letter)).ExitCode);
        await system.FiredAsync("replay_after_mark");
        Assert.Equal("dead", await system.Bus.QueryAsync<string>($"SELECT state FROM dead_letter WHERE id = {letter}"));
        Assert.Equal(0, await system.Bus.QueryAsync<long>($"SELECT count(*) FROM orders WHERE order_uid = '{FailingUid}'"));

        await Eventually.SeeAsync(() => OperationsAsync(system.Bus), status => status == HttpStatusCode.OK);
        (await system.Bus.RunAsync("dlq", "replay", letter)).Succeeded();
        Assert.Equal(1, await system.Bus.QueryAsync<long>($"SELECT version FROM orders WHERE order_uid = '{FailingUid}'"));
    }

    private static async Task DieWhileFillingAsync(ArmedSystem system)
    {
        system.Arm("cache_after_db=kill:once");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => system.Bus.GetOrderAsync("nobody-has-this"));
        await system.FiredAsync("cache_after_db");
        await Eventually.SeeAsync(
            async () =>
            {
                try
                {
                    return (await system.Bus.GetOrderAsync("nobody-has-this")).Status;
                }
                catch (HttpRequestException)
                {
                    // Not started again yet.
                    return 0;
                }
            },
            status => status == 404);
    }

    /// <summary>Whether the operations port answers, whatever it says.</summary>
    private static async Task<HttpStatusCode> OperationsAsync(BusSystem bus)
    {
        try
        {
            using var answer = await bus.Operations.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Not started again yet.
            return 0;
        }
    }
}
