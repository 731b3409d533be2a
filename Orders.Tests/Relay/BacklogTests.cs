using System.Text.Json;
using Bus.Storage;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.Relay;

/// <summary>Events that piled up cost the relay as much each as events that did not.</summary>
[Trait("Category", "system")]
public sealed class BacklogTests(SharedPostgres postgres)
{
    private const int Events = 2_000;
    private const string WholePass = "5000, 100000000, 0";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_that_was_planned_while_the_outbox_was_empty_looks_at_each_row_a_fixed_number_of_times()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(Cancellation));
        await using var connection = await database.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(connection, RelayUnderTest.Schema);
        await ExecuteAsync(connection, "ALTER TABLE outbox SET (autovacuum_enabled = off)");
        await FillAsync(connection);
        await ExecuteAsync(connection, "DELETE FROM outbox");
        await ExecuteAsync(connection, "VACUUM (ANALYZE) outbox");
        await ExecuteAsync(connection, "SET plan_cache_mode = force_generic_plan");
        await ExecuteAsync(connection, $"PREPARE read (int, bigint, bigint) AS {SqlText.Read("Relay.ReadEvents.sql")}");
        await ExecuteAsync(connection, $"EXECUTE read ({WholePass})");
        await FillAsync(connection);

        await using var explain = new NpgsqlCommand($"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE read ({WholePass})", connection);
        using var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(Cancellation))!);
        var rows = RowsOf(plan.RootElement[0].GetProperty("Plan")).ToList();

        Assert.Equal(Events, rows[0]);
        Assert.All(rows, looked => Assert.InRange(looked, 0, Events));
    }

    /// <summary>How many rows each step of a plan has looked at.</summary>
    private static IEnumerable<double> RowsOf(JsonElement step)
    {
        var each = step.GetProperty("Actual Rows").GetDouble()
            + (step.TryGetProperty("Rows Removed by Join Filter", out var joined) ? joined.GetDouble() : 0)
            + (step.TryGetProperty("Rows Removed by Filter", out var filtered) ? filtered.GetDouble() : 0);
        var below = step.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().SelectMany(RowsOf) : [];
        return below.Prepend(each * step.GetProperty("Actual Loops").GetDouble());
    }

    private static Task FillAsync(NpgsqlConnection connection) => ExecuteAsync(
        connection,
        $"""
        INSERT INTO outbox (events, bytes, lane, keys, sequences, types, payloads, traceparents)
        SELECT 1, 161, 0, ARRAY['key-' || number], ARRAY[1], ARRAY['created'], ARRAY['a'::bytea], ARRAY[NULL::text]
        FROM generate_series(1, {Events}) AS number
        """);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
