using Bus.Storage.Outbox;
using Bus.Storage.Relay;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>The relay passes over ids that are gone for good, and never over one that may still appear.</summary>
public sealed class ReadFloorTests
{
    private readonly ReadFloor _floor = new();

    [Fact]
    public void What_was_seen_is_passed_over_once_every_transaction_of_its_time_has_ended()
    {
        Assert.Equal(0, After(oldest: 10, own: 12, first: 1, last: 100));
        Assert.Equal(0, After(oldest: 10, own: 15, first: 101, last: 200));
        Assert.Equal(0, After(oldest: 14, own: 20, first: 201, last: 300));
        Assert.Equal(100, After(oldest: 15, own: 21, first: 301, last: 400));
    }

    [Fact]
    public void An_id_that_appears_late_is_read_before_those_around_it_are_passed_over()
    {
        After(oldest: 10, own: 12, first: 1, last: 100);
        After(oldest: 10, own: 15, first: 101, last: 200);

        // Its transaction has ended, and here it is.
        Assert.Equal(0, After(oldest: 16, own: 20, first: 57, last: 300));
        Assert.Equal(100, After(oldest: 17, own: 21, first: 301, last: 400));
    }

    [Fact]
    public void It_goes_on_from_what_was_seen_last()
    {
        var floor = 0L;
        for (var pass = 1; pass <= 10; pass++)
        {
            floor = After(oldest: (ulong)pass * 10, own: (ulong)pass * 10, first: (pass * 100) + 1, last: (pass + 1) * 100);
        }

        Assert.Equal(900, floor);
    }

    private long After(ulong oldest, ulong own, long first, long last)
    {
        _floor.Read(oldest, own, first, last);
        return _floor.Id;
    }
}

/// <summary>As <see cref="ReadFloorTests"/>, on a database.</summary>
[Trait("Category", "system")]
public sealed class LateCommitTests(SharedPostgres postgres)
{
    private static readonly TimeSpan BelowTheNextWholeLook = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_whose_transaction_commits_long_after_others_with_higher_ids_is_sent_at_once()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(Cancellation));
        await using (var schema = database.CreateCommand(RelayUnderTest.Schema))
        {
            await schema.ExecuteNonQueryAsync(Cancellation);
        }

        await using var late = await database.OpenConnectionAsync(Cancellation);
        await using var transaction = await late.BeginTransactionAsync(Cancellation);
        await using (var write = new NpgsqlBatch(late, transaction) { BatchCommands = { Event("late") } })
        {
            await write.ExecuteNonQueryAsync(Cancellation);
        }

        var target = new CollectingTarget();
        using var relay = RelayUnderTest.Of(database, target);
        await relay.StartAsync(Cancellation);
        foreach (var key in Enumerable.Range(0, 5).Select(number => $"early-{number}"))
        {
            await using var write = database.CreateBatch();
            write.BatchCommands.Add(Event(key));
            await write.ExecuteNonQueryAsync(Cancellation);
            await SentAsync(target, key);
        }

        await transaction.CommitAsync(Cancellation);

        await SentAsync(target, "late");
        await relay.StopAsync(Cancellation);
    }

    private static Task<bool> SentAsync(CollectingTarget target, string key) => Eventually
        .SeeAsync(() => Task.FromResult(target.Sent.Any(e => e.Key == key)), isSent => isSent)
        .WaitAsync(BelowTheNextWholeLook, Cancellation);

    private static NpgsqlBatchCommand Event(string key) => Outbox.Append([new NewEvent(key, 1, "created", [1], null)]).Single();
}
