using Orders.Tests.Servers;
using Orders.Tools.Running;

namespace Orders.Tests.Faults;

/// <summary>The database is put back to a copy from before, while the service runs and stands further on: what came since is read again.</summary>
[Collection(FaultTests.Name)]
[Trait("Category", "kafka")]
[Trait("Category", "chaos")]
public sealed class RestoredDatabaseTests(FaultSystem system)
{
    private string Data => Path.Combine(system.Bus.PostgresHome, "data");

    private string Copy => Path.Combine(system.Bus.PostgresHome, "before");

    [Fact]
    public async Task What_came_since_the_copy_is_read_again_and_nothing_is_lost()
    {
        await system.ReadyAsync();
        await using var load = system.Load(OrderLoad.Usual);
        await load.LastsAsync(FaultLength.Seconds(1, 30));
        await WhilePostgresIsDownAsync("cp", "-a", Data, Copy);
        await load.LastsAsync(FaultLength.Seconds(3, 60));

        var before = await system.AccountedAsync();
        await WhilePostgresIsDownAsync("sh", "-c", "rm -r \"$0\" && mv \"$1\" \"$0\"", Data, Copy);
        var restored = await Eventually.SeeAsync(AccountedOrNothingAsync, accounted => accounted > 0);
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.SeeAsync(AccountedOrNothingAsync, accounted => accounted > before);
        var took = TimeProvider.System.GetElapsedTime(start);
        await load.LastsAsync(FaultLength.Seconds(1, 30));
        await load.StopAsync();
        await system.VerifiedAsync(
            $"{before} records accounted for, {restored} at the first look after the copy was put back", $"caught up in {FaultSystem.In(took)}",
            $"{load.Acked} records");
        Assert.True(restored < before, $"The copy was not from before: {restored} of {before}.");
    }

    private async Task WhilePostgresIsDownAsync(string program, params string[] arguments)
    {
        await using (await system.UnsupervisedAsync())
        {
            await system.EndAsync(ProcessName.Postgres, "INT");
            (await Command.RunAsync(program, arguments)).Succeeded();
        }

        await Eventually.SeeAsync(AccountedOrNothingAsync, accounted => accounted > 0);
    }

    /// <summary>0 while nobody answers.</summary>
    private async Task<long> AccountedOrNothingAsync()
    {
        try
        {
            return await system.AccountedAsync();
        }
        catch (Npgsql.NpgsqlException)
        {
            // Not started yet, or a session of before.
            return 0;
        }
    }
}
