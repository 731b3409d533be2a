using Bus.Storage.Tidying;
using Microsoft.Extensions.Options;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Tidying;

/// <summary>Tidying changes how much room the account takes, never what it says.</summary>
[Trait("Category", "system")]
public sealed class TidierTests(SharedPostgres postgres)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Old_ranges_become_one_per_stretch_and_every_sum_stays()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.AddRangesAsync(partition: 0, count: 2500, records: 7, from: 0, newest: Now.AddHours(-2));
        await tables.AddRangesAsync(partition: 1, count: 10, records: 7, from: 100, newest: Now.AddHours(-2));
        await tables.AddRangesAsync(partition: 0, count: 3, records: 7, from: 17_500, newest: Now.AddMinutes(-59));
        var before = await tables.SumsAsync();

        var result = await Tidy(tables, new TidyingOptions { BatchRows = 100, RangeOffsets = 10_000, Pause = TimeSpan.Zero });

        Assert.Equal(2498 + 9, result?.RangesMerged);
        Assert.Equal(before, await tables.SumsAsync());
        Assert.Equal(
            ["0 0-10003", "0 10003-17500", "0 17500-17507", "0 17507-17514", "0 17514-17521", "1 100-170"], await tables.RangesAsync());
    }

    [Fact]
    public async Task A_second_pass_goes_on_where_the_first_one_stopped_and_so_does_another_instance()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        var tidier = Tidier(tables, new TidyingOptions { Pause = TimeSpan.Zero });
        await tables.AddRangesAsync(partition: 0, count: 20, records: 5, from: 0, newest: Now.AddHours(-3));
        await tidier.RunOnceAsync(TestContext.Current.CancellationToken);
        await tables.AddRangesAsync(partition: 0, count: 20, records: 5, from: 100, newest: Now.AddHours(-2));

        Assert.Equal(new TidyingResult(20, 0), await tidier.RunOnceAsync(TestContext.Current.CancellationToken));
        await tables.AddRangesAsync(partition: 0, count: 20, records: 5, from: 200, newest: Now.AddHours(-2));
        Assert.Equal(20, (await Tidy(tables, new TidyingOptions()))?.RangesMerged);
        Assert.Equal(["0 0-300"], await tables.RangesAsync());
        Assert.Equal(new TidyingResult(0, 0), await tidier.RunOnceAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Holes_epochs_and_lost_offsets_stay_where_they_are()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.AddRangesAsync(partition: 0, count: 2, records: 5, from: 0, newest: Now.AddHours(-2));
        await tables.AddRangesAsync(partition: 0, count: 2, records: 5, from: 11, newest: Now.AddHours(-2));
        await tables.AddRangesAsync(partition: 0, count: 1, records: 9, from: 21, newest: Now.AddHours(-2), outcome: "lost");
        await tables.AddRangesAsync(partition: 0, count: 2, records: 5, from: 30, newest: Now.AddHours(-2), outcome: "ignored");
        await tables.AddRangesAsync(partition: 0, count: 2, records: 5, from: 0, newest: Now.AddHours(-2), epoch: 2);
        var before = await tables.SumsAsync();

        await Tidy(tables, new TidyingOptions());

        Assert.Equal(["0 0-10", "0 0-10", "0 11-21", "0 21-30", "0 30-40"], await tables.RangesAsync());
        Assert.Equal(before, await tables.SumsAsync());
    }

    [Fact]
    public async Task Resolved_dead_letters_go_after_their_time_and_are_still_counted_while_all_others_stay()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.AddRangesAsync(partition: 0, count: 4, records: 5, from: 0, newest: Now.AddHours(-2), outcome: "dead");
        for (var offset = 0; offset < 17; offset++)
        {
            await tables.AddDeadLetterAsync(offset, "resolved", Now.AddDays(-30).AddMinutes(-1));
        }

        await tables.AddDeadLetterAsync(17, "resolved", Now.AddDays(-30).AddMinutes(1));
        await tables.AddDeadLetterAsync(18, "dead", resolvedAt: null);
        await tables.AddDeadLetterAsync(19, "dismissed", resolvedAt: null);

        var result = await Tidy(tables, new TidyingOptions { BatchRows = 30, MergeAfter = TimeSpan.FromHours(3), Pause = TimeSpan.Zero });

        Assert.Equal(new TidyingResult(0, 17), result);
        Assert.Equal("17 18 19", await tables.OneAsync<string>("SELECT string_agg(record_offset::text, ' ' ORDER BY record_offset) FROM dead_letter"));
        Assert.Equal("5 5 5 2", await tables.OneAsync<string>("SELECT string_agg(expired::text, ' ' ORDER BY first_offset) FROM inbox"));
        await Tidy(tables, new TidyingOptions());
        Assert.Equal("17", await tables.OneAsync<string>("SELECT string_agg(expired::text, ' ') FROM inbox"));
    }

    [Fact]
    public async Task A_dead_letter_that_came_of_a_reprocess_goes_without_being_counted_for_no_range_ever_counted_it()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.AddRangesAsync(partition: 0, count: 1, records: 5, from: 0, newest: Now.AddHours(-2), outcome: "dead");
        await tables.AddDeadLetterAsync(1, "resolved", Now.AddDays(-31));
        await tables.AddDeadLetterAsync(2, "resolved", Now.AddDays(-31), kind: "reprocess");

        Assert.Equal(new TidyingResult(0, 2), await Tidy(tables, new TidyingOptions()));
        Assert.Equal(1, await tables.OneAsync<long>("SELECT sum(expired)::bigint FROM inbox"));
    }

    [Fact]
    public async Task While_one_instance_tidies_another_does_not_and_ingest_waits_for_neither()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.AddRangesAsync(partition: 0, count: 50, records: 5, from: 0, newest: Now.AddHours(-2));
        var pausing = new ManualPause(Now);
        var first = Tidier(tables, new TidyingOptions { BatchRows = 10 }, pausing).RunOnceAsync(TestContext.Current.CancellationToken);
        await pausing.Reached;

        Assert.Null(await Tidy(tables, new TidyingOptions()));

        // An open transaction that has locked and merged everything it may, and ingest beside it.
        await using var connection = await tables.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var lockAll = new NpgsqlCommand("SELECT * FROM inbox FOR UPDATE", connection, transaction))
        {
            await lockAll.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await tables.AddRangesAsync(partition: 0, count: 1, records: 5, from: 250, newest: Now);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        pausing.GoOn();
        Assert.Equal(49, (await first)?.RangesMerged);
        Assert.Equal(["0 0-250", "0 250-255"], await tables.RangesAsync());
    }

    private static Task<TidyingResult?> Tidy(TidyingTables tables, TidyingOptions options) =>
        Tidier(tables, options).RunOnceAsync(TestContext.Current.CancellationToken);

    private static Tidier Tidier(TidyingTables tables, TidyingOptions options, TimeProvider? time = null) =>
        new(tables.Source, Options.Create(options), time ?? new Stopped(Now));

    /// <summary>A clock that stands still, and timers that do not.</summary>
    private sealed class Stopped(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>Holds whoever pauses until it is told.</summary>
    private sealed class ManualPause(DateTimeOffset now) : TimeProvider
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void GoOn() => _goOn.SetResult();

        public override DateTimeOffset GetUtcNow() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _reached.TrySetResult();
            return new Held(_goOn.Task.ContinueWith(
                _ => callback(state), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default));
        }

        private sealed class Held(Task after) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => !after.IsCompleted;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
