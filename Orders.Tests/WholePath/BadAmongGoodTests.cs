using System.Text;
using System.Text.Json;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>Bad records between good ones become dead letters, byte for byte, and replay once what was wrong is mended.</summary>
[Trait("Category", "system")]
public sealed class BadAmongGoodTests
{
    private static readonly string Sample = Encoding.UTF8.GetString(SampleOrders.Published);

    private static readonly (string? Key, byte[]? Value, string Reason)[] Bad =
    [
        (null, null, "empty"),
        ("bad", [], "empty"),
        ("bad", "null"u8.ToArray(), "null_document"),
        ("bad", "{"u8.ToArray(), "malformed_json"),
        ("bad", "[]"u8.ToArray(), "not_an_object"),
        ("bad", Text(Sample.Replace("\"order_uid\"", "\"other_uid\"", StringComparison.Ordinal)), "missing_field"),
        ("bad", Text(Sample.Replace("\"locale\"", "\"entry\": \"again\", \"locale\"", StringComparison.Ordinal)), "duplicate_property"),
        ("bad", Text(Sample.Replace("Kraiot", "Kra\\u0000iot", StringComparison.Ordinal)), "invalid_character"),
    ];

    [Fact]
    public async Task Good_records_are_stored_and_bad_ones_are_kept_with_reason_and_bytes()
    {
        await using var system = await BusSystem.UpAsync();
        for (var i = 0; i < Bad.Length; i++)
        {
            await system.PublishAsync($"good-{i}", SampleOrders.Of($"good-{i}"));
            await system.PublishAsync(Bad[i].Key, Bad[i].Value);
        }

        for (var i = 0; i < Bad.Length; i++)
        {
            await system.ServesAsync($"good-{i}", SampleOrders.Of($"good-{i}"));
        }

        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM dead_letter"), count => count >= Bad.Length);
        Assert.Equal(Expected(), await DeadLettersAsync(system));
        var list = (await system.RunAsync("dlq", "list")).Succeeded();
        Assert.All(Bad, bad => Assert.Contains(bad.Reason, list, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dead_letter_whose_limit_was_raised_replays_from_the_page_and_from_the_command_once()
    {
        await using var system = await BusSystem.UpAsync();
        await system.StopAsync();
        await system.StartAsync(("Ingest__MaxValueBytes", "900"));
        await system.PublishAsync("from-page", SampleOrders.Of("from-page"));
        await system.PublishAsync("from-command", SampleOrders.Of("from-command"));
        await Eventually.SeeAsync(() => system.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE reason = 'too_large'"), count => count == 2);

        var command = await IdAsync(system, "from-command");
        Assert.Equal(1, (await system.RunAsync("dlq", "replay", $"{command}")).ExitCode);
        await system.StopAsync();
        await system.StartAsync(("Ingest__MaxValueBytes", "983040"));

        await ReplayFromThePageAsync(system, await IdAsync(system, "from-page"));
        (await system.RunAsync("dlq", "replay", $"{command}")).Succeeded();
        Assert.NotEqual(0, (await system.RunAsync("dlq", "replay", $"{command}")).ExitCode);

        await system.ServesAsync("from-page", SampleOrders.Of("from-page"));
        await system.ServesAsync("from-command", SampleOrders.Of("from-command"));
        var shown = JsonDocument.Parse((await system.RunAsync("dlq", "show", $"{command}", "--json")).Succeeded()).RootElement;
        Assert.Contains("resolved", shown.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, await system.QueryAsync<long>("SELECT count(*) FROM dead_letter WHERE state = 'resolved'"));
        Assert.Equal(2, await system.QueryAsync<long>("SELECT count(*) FROM orders WHERE order_uid LIKE 'from-%' AND version = 1"));
        Assert.Equal(2, (await system.EventsAsync()).Count(e => e.Key.StartsWith("from-", StringComparison.Ordinal)));
    }

    private static async Task ReplayFromThePageAsync(BusSystem system, long id)
    {
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync(new Uri(system.Operations.BaseAddress!, $"/dead-letters/{id}"));
        await page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Replay" }).ClickAsync();
        await page.WaitForLoadStateAsync();
        Assert.Contains("resolved", await page.InnerTextAsync("body"), StringComparison.OrdinalIgnoreCase);
    }

    private static Task<long> IdAsync(BusSystem system, string key) =>
        system.QueryAsync<long>($"SELECT id FROM dead_letter WHERE key = convert_to('{key}', 'UTF8')");

    private static IEnumerable<string> Expected() => Bad
        .Select(bad => $"{bad.Reason} {bad.Key ?? "null"} {(bad.Value is null ? "null" : Convert.ToHexString(bad.Value))}")
        .Order(StringComparer.Ordinal);

    private static async Task<List<string>> DeadLettersAsync(BusSystem system)
    {
        await using var command = system.Database.CreateCommand("SELECT reason, key, value FROM dead_letter");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var key = reader.IsDBNull(1) ? "null" : Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(1));
            found.Add($"{reader.GetString(0)} {key} {(reader.IsDBNull(2) ? "null" : Convert.ToHexString(reader.GetFieldValue<byte[]>(2)))}");
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
