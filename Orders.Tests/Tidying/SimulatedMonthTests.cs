using System.Diagnostics;
using System.Globalization;
using Bus.Storage.Outbox;
using Bus.Storage.Tidying;
using Microsoft.Extensions.Options;
using Orders.Tests.Servers;

namespace Orders.Tests.Tidying;

/// <summary>
/// Days of a service that accounts for one batch per second and partition, hour by hour, against a real Postgres: the tables hold
/// no more than a few hours of it. <c>BUSORDERS_SIMULATED_DAYS=30</c> makes it the month whose figures are in docs/retention.md.
/// </summary>
[Trait("Category", "system")]
public sealed class SimulatedMonthTests(SharedPostgres postgres)
{
    private const int Partitions = 4;
    private const int BatchesPerHour = 3_600;
    private const int RecordsPerBatch = 50;
    private const int EventsPerHour = 2_000;
    private const int LettersPerHour = 25;
    private const long BytesPerRange = 269;
    private const long BytesPerEvent = 1_047;
    private const long BytesPerLetter = 1_524;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static int Days => int.Parse(Environment.GetEnvironmentVariable("BUSORDERS_SIMULATED_DAYS") ?? "2", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Tables_stay_within_a_few_hours_of_writing()
    {
        await using var tables = await TidyingTables.CreateAsync(postgres);
        await tables.DoAsync("UPDATE watermark SET epoch = 1");
        var clock = new SettableClock { Now = Start };

        // A day stands for a month: what is kept for a thirtieth of it is kept for a day.
        var options = new TidyingOptions { Pause = TimeSpan.Zero, ResolvedDeadLettersFor = TimeSpan.FromHours(12) };
        var tidier = new Tidier(tables.Source, Options.Create(options), clock);
        var longest = TimeSpan.Zero;
        var last = default(Sizes);
        Print("day | inbox rows | inbox bytes | outbox bytes | dead letter bytes | longest pass");
        for (var hour = 0; hour < Days * 24; hour++)
        {
            clock.Now = Start.AddHours(hour + 1);
            await AddHourAsync(tables, hour, clock.Now);
            var started = Stopwatch.GetTimestamp();
            await tidier.RunOnceAsync(TestContext.Current.CancellationToken);
            longest = longest > Stopwatch.GetElapsedTime(started) ? longest : Stopwatch.GetElapsedTime(started);

            // What autovacuum does in an hour of the real time, which here takes less than a second.
            await tables.DoAsync("VACUUM inbox");
            await tables.DoAsync("VACUUM outbox");
            await tables.DoAsync("VACUUM dead_letter");
            if (hour % 24 == 23)
            {
                last = await Sizes.OfAsync(tables);
                Print($"{hour / 24 + 1} | {last.Rows} | {last.Inbox} | {last.Outbox} | {last.Letters} | {longest.TotalMilliseconds:0} ms");
            }
        }

        Assert.Equal((long)Days * 24 * BatchesPerHour * Partitions * RecordsPerBatch, await tables.OneAsync<long>("SELECT sum(stored)::bigint FROM inbox"));
        Assert.InRange(last.Rows, 1, Partitions * (BatchesPerHour + 1 + (Days * 24 * BatchesPerHour * RecordsPerBatch / 1_000_000) + 2));
        // A vacuum that comes late, because somebody looked at the table meanwhile, costs an hour's rows once.
        Assert.InRange(last.Inbox, 1, 5 * BatchesPerHour * Partitions * BytesPerRange);
        Assert.InRange(last.Outbox, 0, 5 * EventsPerHour * BytesPerEvent);
        Assert.InRange(last.Letters, 1, 3 * 13 * LettersPerHour * BytesPerLetter);
    }

    private static async Task AddHourAsync(TidyingTables tables, int hour, DateTimeOffset end)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var from = (long)hour * BatchesPerHour * RecordsPerBatch;
            await tables.AddRangesAsync(partition, BatchesPerHour, RecordsPerBatch, from, end);
        }

        await tables.DoAsync($"""
            INSERT INTO outbox (events, bytes, lane, sequences, keys, types, payloads, traceparents)
            SELECT count(*), 1000 * count(*), 0, array_agg(1), array_agg('order-' || n), array_agg('order.created.v1'::text),
                   array_agg((SELECT string_agg(sha256((n * 26 + part)::text::bytea), '') FROM generate_series(1, 26) AS part)), array_agg(NULL::text)
            FROM generate_series(0, {EventsPerHour} - 1) AS n
            GROUP BY n / {RecordsPerBatch / Lane.Count};
            DELETE FROM outbox;
            INSERT INTO dead_letter (
                group_id, topic, epoch, partition, record_offset, record_timestamp, state, reason, sentence, resolved_at, value)
            SELECT 'g', 'orders', 1, 0, {hour} * 180000 + n, 0, 'resolved', 'wrong_type', 'A number is asked for.', '{end:O}',
                   decode(repeat(md5(n::text), 52), 'hex')
            FROM generate_series(1, {LettersPerHour}) AS n;
            """);
    }

    private static void Print(FormattableString line) => Print(FormattableString.Invariant(line));

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private readonly record struct Sizes(long Rows, long Inbox, long Outbox, long Letters)
    {
        public static async Task<Sizes> OfAsync(TidyingTables tables) => new(
            await tables.OneAsync<long>("SELECT count(*) FROM inbox"),
            await tables.OneAsync<long>("SELECT pg_total_relation_size('inbox')"),
            await tables.OneAsync<long>("SELECT pg_total_relation_size('outbox')"),
            await tables.OneAsync<long>("SELECT pg_total_relation_size('dead_letter')"));
    }

    private sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
