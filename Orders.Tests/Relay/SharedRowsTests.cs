using System.Collections.Concurrent;
using System.Globalization;
using Bus.Storage;
using Bus.Storage.Outbox;
using Bus.Storage.Relay;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>Which events share a row of the outbox.</summary>
public sealed class OutboxRowTests
{
    [Fact]
    public void Events_of_a_lane_share_a_row_in_their_order()
    {
        NewEvent[] events = [.. Enumerable.Range(0, 100).Select(number => Event($"order-{number % 20}", number))];

        var rows = OutboxRow.Of(events);

        Assert.Equal(events.GroupBy(e => Lane.Of(e.Key)).Select(lane => (lane.Key, string.Join(' ', lane.Select(e => e.Sequence)))),
            rows.Select(row => (row.LaneNumber, string.Join(' ', row.Places.Select(place => events[place].Sequence)))));
    }

    [Fact]
    public void A_row_holds_no_more_bytes_than_the_most_and_a_larger_event_has_one_of_its_own()
    {
        NewEvent[] events = [Event("a", 1, 400_000), Event("a", 2, 600_000), Event("a", 3, 100_000), Event("a", 4, 2_000_000), Event("a", 5)];

        var rows = OutboxRow.Of(events);

        Assert.Equal(["0 1", "2", "3", "4"], rows.Select(row => string.Join(' ', row.Places)));
        Assert.All(rows.Where(row => row.Places.Count > 1), row => Assert.InRange(row.Bytes, 1, OutboxRow.MaxBytes));
        Assert.Equal(events.Sum(e => e.Payload!.Length + 160), rows.Sum(row => row.Bytes));
    }

    [Fact]
    public void No_events_need_no_row() => Assert.Empty(Outbox.Append([]));

    private static NewEvent Event(string key, long sequence, int bytes = 10) => new(key, sequence, "t", new byte[bytes], null);
}

/// <summary>Events that share a row are read, sent and removed one by one all the same.</summary>
[Trait("Category", "system")]
public sealed class SharedRowsTests(SharedPostgres postgres)
{
    private static readonly NewEvent[] Events =
    [
        new("a", 1, "created", [1], "00-trace-01"), new("b", 1, "created", [2], null), new("a", 2, "removed", null, null),
        new("a", 3, "created", [], null), new("ä", 7, "updated", [4, 0], null), new("a", 4, "updated", new byte[700_000], null),
        new("a", 5, "updated", new byte[1_500_000], null), new("a", 6, "updated", [6], null),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_is_sent_as_it_was_written_one_by_one_or_by_copy(bool isCopied)
    {
        await using var database = await InstallAsync();
        await WriteAsync(database, Events, isCopied);
        var target = new CollectingTarget();
        using var relay = RelayUnderTest.Of(database, target);

        await relay.StartAsync(Cancellation);
        await LeftAsync(database, "");
        await relay.StopAsync(Cancellation);

        Assert.Equal(Events.Select(Text).Order(StringComparer.Ordinal), target.Sent.Select(Text).Order(StringComparer.Ordinal));
        Assert.Equal([1L, 2L, 3L, 4L, 5L, 6L], target.Sent.Where(e => e.Key == "a").Select(e => e.Sequence));
    }

    [Fact]
    public async Task What_a_target_did_not_confirm_stays_in_its_order_and_is_all_that_is_sent_again()
    {
        // With the service's own rights.
        var owner = await postgres.CreateDatabaseAsync(Cancellation);
        await HostProcess.MigrateAsync(owner);
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(owner) { SearchPath = "orders", Username = "busorders_service" }.ConnectionString);
        string[] keys = [.. Enumerable.Range(0, 200).Select(number => $"order-{number}").Where(key => Lane.Of(key) == 3).Take(4)];
        await WriteAsync(database, [.. keys.Select(key => new NewEvent(key, 1, "created", [1], null)), new(keys[1], 2, "updated", [2], null)], isCopied: false);
        var passes = new ConcurrentQueue<string>();
        var target = new Target(wave =>
        {
            passes.Enqueue(string.Join(' ', wave.Select(e => $"{Array.IndexOf(keys, e.Key)}:{e.Sequence}")));
            return passes.Count == 1 ? [.. wave.Where((_, place) => place is 0 or 2)] : wave;
        });
        using var relay = RelayUnderTest.Of(database, target, options: new RelayOptions { BackOff = TimeSpan.FromMilliseconds(10) });

        await relay.StartAsync(Cancellation);
        await LeftAsync(database, "");
        await relay.StopAsync(Cancellation);

        Assert.Equal(["0:1 1:1 2:1 3:1", "1:1 3:1", "1:2"], passes);
    }

    [Fact]
    public async Task A_row_that_another_relay_has_taken_events_out_of_meanwhile_is_left_as_it_is()
    {
        await using var database = await InstallAsync();
        await WriteAsync(database, [new("a", 1, "created", [1], null), new("a", 2, "updated", [2], null), new("a", 3, "updated", [3], null)], isCopied: false);
        var pass = new RelayPass();
        pass.AddRow(1, default, ["a", "a", "a"], [1, 2, 3], ["created", "updated", "updated"], [[1], [2], [3]], [null, null, null]);
        pass.Confirmed([pass.Events[0]]);
        await using var other = database.CreateBatch();
        var ofOther = new RelayPass();
        ofOther.AddRow(1, default, ["a", "a", "a"], [1, 2, 3], ["created", "updated", "updated"], [[1], [2], [3]], [null, null, null]);
        ofOther.Confirmed(ofOther.Events.Take(2));
        ofOther.Remove(other);
        await other.ExecuteNonQueryAsync(Cancellation);

        await using var late = database.CreateBatch();
        pass.Remove(late);
        await late.ExecuteNonQueryAsync(Cancellation);

        await LeftAsync(database, "a 3");
    }

    [Theory]
    [InlineData(1, 1L << 30, "2 2 1")]
    [InlineData(2, 1L << 30, "2 2 1")]
    [InlineData(3, 1L << 30, "2 3")]
    [InlineData(4, 1L << 30, "4 1")]
    [InlineData(100, 1L, "2 2 1")]
    [InlineData(100, 650L, "4 1")]
    public async Task A_pass_holds_whole_rows_as_many_as_fit_and_one_at_least(int mostEvents, long mostBytes, string sizes)
    {
        await using var database = await InstallAsync();
        foreach (var key in new[] { "a", "b" })
        {
            string[] pair = [.. Enumerable.Range(0, 200).Select(number => $"{key}-{number}").Where(name => Lane.Of(name) == 1).Take(2)];
            await WriteAsync(database, [.. pair.Select(name => new NewEvent(name, 1, "created", [1], null))], isCopied: false);
        }

        await WriteAsync(database, [new("c", 1, "created", [1], null)], isCopied: false);
        var passes = new ConcurrentQueue<int>();
        var target = new Target(wave =>
        {
            passes.Enqueue(wave.Count);
            return wave;
        });
        using var relay = RelayUnderTest.Of(database, target, options: new RelayOptions { BatchEvents = mostEvents, BatchBytes = mostBytes });

        await relay.StartAsync(Cancellation);
        await LeftAsync(database, "");
        await relay.StopAsync(Cancellation);

        Assert.Equal(sizes, string.Join(' ', passes));
    }

    private async Task<NpgsqlDataSource> InstallAsync()
    {
        var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(Cancellation));
        await using var schema = database.CreateCommand(RelayUnderTest.Schema);
        await schema.ExecuteNonQueryAsync(Cancellation);
        return database;
    }

    private static async Task WriteAsync(NpgsqlDataSource database, NewEvent[] events, bool isCopied)
    {
        await using var connection = await database.OpenConnectionAsync(Cancellation);
        if (isCopied)
        {
            await Outbox.CopyAsync(connection, events, Cancellation);
            return;
        }

        await using var write = new NpgsqlBatch(connection);
        foreach (var command in Outbox.Append(events))
        {
            write.BatchCommands.Add(command);
        }

        await write.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task LeftAsync(NpgsqlDataSource database, string events) =>
        await Eventually.SeeAsync(
            async () =>
            {
                await using var command = database.CreateCommand("""
                    SELECT COALESCE(string_agg(key || ' ' || sequence, ', ' ORDER BY id, place), '')
                    FROM outbox, unnest(keys, sequences) WITH ORDINALITY AS event (key, sequence, place)
                    """);
                return (string)(await command.ExecuteScalarAsync(Cancellation))!;
            },
            left => left == events);

    private static string Text(NewEvent e) => Text(e.Key, e.Sequence, e.Type, e.Payload, e.TraceParent);

    private static string Text(OutboxEvent e) => Text(e.Key, e.Sequence, e.Type, e.Payload, e.TraceParent);

    private static string Text(string key, long sequence, string type, byte[]? payload, string? trace) => string.Create(
        CultureInfo.InvariantCulture, $"{key} {sequence} {type} {(payload is null ? "null" : Convert.ToHexString(payload))} {trace ?? "null"}");

    private sealed class Target(Func<IReadOnlyList<OutboxEvent>, IReadOnlyList<OutboxEvent>> answer) : IRelayTarget
    {
        public string Name => "target";

        public Task<IReadOnlyList<OutboxEvent>> SendAsync(IReadOnlyList<OutboxEvent> events, CancellationToken cancellationToken) =>
            Task.FromResult(answer(events));
    }
}

/// <summary>Events that wait while the tables are brought to version 7 are sent as they would have been.</summary>
[Trait("Category", "system")]
public sealed class WaitingEventsAtAnUpgradeTests(SharedPostgres postgres)
{
    [Fact]
    public async Task They_are_there_one_by_one_under_the_ids_they_had_and_no_id_is_given_twice()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(cancellation));
        await using var before = database.CreateCommand($"""
            {BusStorageModel.SchemaVersion1}{BusStorageModel.SchemaVersion2}{BusStorageModel.SchemaVersion3}{BusStorageModel.SchemaVersion4}
            INSERT INTO outbox (sequence, occurred_at, lane, key, type, payload, traceparent) VALUES
                (1, '2026-01-01Z', 3, 'a', 'created', '\x01', '00-trace-01'), (1, '2026-01-02Z', 4, 'b', 'created', '\x02', NULL),
                (2, '2026-01-03Z', 3, 'a', 'removed', NULL, NULL), (1, '2026-01-04Z', 3, 'sent', 'created', '\x03', NULL);
            DELETE FROM outbox WHERE key = 'sent' OR key = 'b';
            """);
        await before.ExecuteNonQueryAsync(cancellation);

        await using var upgrade = database.CreateCommand(BusStorageModel.SchemaVersion7);
        await upgrade.ExecuteNonQueryAsync(cancellation);

        await using var after = database.CreateCommand("""
            INSERT INTO outbox (events, bytes, lane, keys, sequences, types, payloads, traceparents)
            VALUES (1, 200, 3, '{a}', '{3}', '{created}', '{x}', '{NULL}');
            SELECT string_agg(concat_ws(' ', id, lane, key, sequence, type, payload, traceparent), ', ' ORDER BY id)
            FROM outbox_event
            """);
        Assert.Equal(
            @"1 3 a 1 created \x01 00-trace-01, 3 3 a 2 removed, 5 3 a 3 created \x78", await after.ExecuteScalarAsync(cancellation));
    }
}
