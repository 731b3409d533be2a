using Orders.Tests.Servers;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>F15, F16, F18: Postgres crashes, throws everybody out, takes no writes. The world is broken, and no record is blamed for it.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class PostgresOutageTests(FaultSystem system)
{
    [Fact]
    public async Task A_crash_is_waited_out()
    {
        Unsupervised? unsupervised = null;
        await new Outage(system).RunAsync(
            begin: async () =>
            {
                unsupervised = await system.UnsupervisedAsync();

                // What pg_ctl stop -m immediate sends: no session is ended in order, the next start recovers from the log.
                await system.EndAsync(ProcessName.Postgres, "QUIT");
            },
            during: load => load.LastsAsync(FaultLength.Seconds(3, 30)),
            end: async () =>
            {
                if (unsupervised is not null)
                {
                    await unsupervised.DisposeAsync();
                }

                await Eventually.SeeAsync(IsThereAsync, isThere => isThere);
            });
    }

    [Fact]
    public async Task Sessions_that_are_ended_all_the_time_are_opened_again()
    {
        await using var postgres = new PostgresFaults(system);
        var ended = 0L;
        await new Outage(system).RunAsync(
            begin: () => Task.CompletedTask,
            during: async load =>
            {
                var times = FaultLength.Of(8, 240);
                for (var time = 0; time < times; time++)
                {
                    ended += await postgres.EndSessionsAsync();
                    await load.LastsAsync(TimeSpan.FromSeconds(0.5));
                }
            },
            end: () => Task.CompletedTask,
            isSeen: false);
        FaultSystem.Tell($"{ended} sessions ended");
        Assert.NotEqual(0, ended);
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_is_waited_for()
    {
        await using var postgres = new PostgresFaults(system);
        await new Outage(system).RunAsync(
            begin: () => postgres.SetReadOnlyAsync(true),
            during: load => load.LastsAsync(FaultLength.Seconds(3, 30)),
            end: () => postgres.SetReadOnlyAsync(false));
    }

    private async Task<bool> IsThereAsync()
    {
        await using var postgres = new PostgresFaults(system);
        try
        {
            return await postgres.QueryAsync("SELECT 1::bigint") == 1;
        }
        catch (Npgsql.NpgsqlException)
        {
            // Not started, or still recovering.
            return false;
        }
    }
}
