using System.Collections.Concurrent;
using Bus.Storage.Outbox;
using Bus.Storage.Relay;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>What a target has confirmed leaves the outbox whatever happens next, and a target that fails is not taken for well.</summary>
[Trait("Category", "system")]
public sealed class ConfirmedEventsTests(SharedPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_confirmed_before_a_stop_is_not_sent_again_after_it()
    {
        await using var database = await InstallAsync();
        var isHeld = new TaskCompletionSource();
        var target = new Target(async (wave, stopping) =>
        {
            if (wave[0].Sequence == 2)
            {
                isHeld.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(stopping);
            }

            return wave;
        });
        using var relay = Relay(database, target, new RelayState());

        await relay.StartAsync(Cancellation);
        await isHeld.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await relay.StopAsync(Cancellation);

        Assert.Equal([2L], await SequencesAsync(database));
    }

    [Fact]
    public async Task A_target_that_confirms_nothing_stays_told_until_it_confirms()
    {
        await using var database = await InstallAsync();
        var state = new RelayState();
        var told = new ConcurrentQueue<string?>();
        var target = new Target((wave, _) =>
        {
            told.Enqueue(state.Problem);
            return Task.FromResult<IReadOnlyList<OutboxEvent>>(told.Count < 4 ? [] : wave);
        });
        using var relay = Relay(database, target, state);

        await relay.StartAsync(Cancellation);
        await Eventually.SeeAsync(() => SequencesAsync(database), left => left.Count == 0);
        await relay.StopAsync(Cancellation);

        Assert.All(told.Take(4), Assert.NotNull);
        Assert.Null(state.Problem);
        Assert.Equal(2, state.SentEvents);
    }

    [Fact]
    public async Task A_database_that_does_not_let_go_of_events_gets_back_the_right_to_relay_and_a_session_without_settings()
    {
        // As in the service: what a connection is given back with, the next one to rent it finds.
        await using var database = await InstallAsync(new NpgsqlConnectionStringBuilder { NoResetOnClose = true, MaxPoolSize = 1 });
        await ExecuteAsync(database, """
            CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kept'; END $$;
            CREATE TRIGGER kept BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION kept();
            """);
        var state = new RelayState();
        using var relay = Relay(database, new Target((wave, _) => Task.FromResult(wave)), state, backOff: TimeSpan.FromMinutes(1));

        await relay.StartAsync(Cancellation);
        await Eventually.SeeAsync(() => Task.FromResult(state.Problem), problem => problem is not null);

        Assert.Equal((0L, "on"), (await ScalarAsync(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"),
            await ScalarAsync(database, "SHOW synchronous_commit")));
        await relay.StopAsync(Cancellation);
    }

    private static RelayWorker Relay(NpgsqlDataSource database, IRelayTarget target, RelayState state, TimeSpan? backOff = null) =>
        RelayUnderTest.Of(database, target, state, new RelayOptions { BackOff = backOff ?? TimeSpan.FromMilliseconds(10) });

    /// <summary>Two versions of one order wait.</summary>
    private async Task<NpgsqlDataSource> InstallAsync(NpgsqlConnectionStringBuilder? pool = null)
    {
        var database = NpgsqlDataSource.Create($"{await postgres.CreateDatabaseAsync(Cancellation)};{pool?.ConnectionString}");
        await ExecuteAsync(database, RelayUnderTest.Schema);
        await using var write = database.CreateBatch();
        write.BatchCommands.Add(Assert.Single(Outbox.Append([new NewEvent("k", 1, "created", [1], null), new NewEvent("k", 2, "updated", [2], null)])));
        await write.ExecuteNonQueryAsync(Cancellation);
        return database;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static async Task<List<long>> SequencesAsync(NpgsqlDataSource database)
    {
        var sequences = new List<long>();
        await using var command = database.CreateCommand("SELECT sequence FROM outbox_event ORDER BY id, place");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
        {
            sequences.Add(reader.GetInt64(0));
        }

        return sequences;
    }

    private sealed class Target(Func<IReadOnlyList<OutboxEvent>, CancellationToken, Task<IReadOnlyList<OutboxEvent>>> answer) : IRelayTarget
    {
        public string Name => "target";

        public Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken) =>
            answer(events, cancellationToken);
    }
}
