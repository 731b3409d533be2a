using System.Text;
using Microsoft.Playwright;
using Npgsql;
using Orders.Tests.Servers;

namespace Orders.Tests.WholePath;

/// <summary>The order page as a person meets it, in a real browser, with and without JavaScript.</summary>
[Trait("Category", "system")]
public sealed class PageInBrowserTests
{
    private const string Hostile = "hostile";
    private const string Script = "<script>alert(1)</script><img src=x onerror=alert(2)>";

    [Fact]
    public async Task Its_states_are_told_apart_and_an_order_full_of_scripts_is_shown_as_text()
    {
        await using var postgres = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        var database = await postgres.CreateDatabaseAsync("page", TestContext.Current.CancellationToken);
        await HostProcess.MigrateAsync(database);
        await StoreAsync(database, SampleOrders.Uid, SampleOrders.Published);
        await StoreAsync(database, Hostile, Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(SampleOrders.Of(Hostile)).Replace("Test Testov", Script, StringComparison.Ordinal)));
        using var kafka = new EmbeddedKafkaServer();
        await using var gateway = HostProcess.StartGateway(database, kafka.Servers);
        await Eventually.SeeAsync(gateway.ReadyAsync, status => status == 200);
        await using var browser = await Browser.OpenAsync();

        foreach (var javaScript in new[] { true, false })
        {
            Assert.Contains("Test Testov", await AskAsync(browser, gateway, SampleOrders.Uid, javaScript), StringComparison.Ordinal);
            Assert.Contains("No order no-such-order yet", await AskAsync(browser, gateway, "no-such-order", javaScript), StringComparison.Ordinal);
            Assert.Contains("That is not an order uid", await AskAsync(browser, gateway, "no such order", javaScript), StringComparison.Ordinal);
        }

        await ShowsScriptsAsTextAsync(browser, gateway, ColorScheme.Light, width: 1200);
        await ShowsScriptsAsTextAsync(browser, gateway, ColorScheme.Dark, width: 320);

        await postgres.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains("Test Testov", await AskAsync(browser, gateway, SampleOrders.Uid, javaScript: false), StringComparison.Ordinal);
        var unreachable = await AskAsync(browser, gateway, "never-asked", javaScript: false);
        Assert.DoesNotContain("No order", unreachable, StringComparison.Ordinal);
        Assert.Contains("unreachable", unreachable, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(browser.Dialogs);
    }

    private static async Task ShowsScriptsAsTextAsync(Browser browser, HostProcess gateway, ColorScheme scheme, int width)
    {
        browser.Errors.Clear();
        var page = await browser.PageAsync(new Uri(gateway.Http.BaseAddress!, $"/?uid={Hostile}"), scheme: scheme, width: width);
        Assert.Contains(Script, await page.InnerTextAsync("main"), StringComparison.Ordinal);
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.Empty(browser.Errors);
    }

    private static async Task<string> AskAsync(Browser browser, HostProcess gateway, string uid, bool javaScript)
    {
        var page = await browser.PageAsync(gateway.Http.BaseAddress!, javaScript);
        await page.FillAsync("input[name=uid]", uid);
        await page.PressAsync("input[name=uid]", "Enter");

        // Not the browser library's wait for an address: where the page is there before it begins to wait, it waits for ever.
        await Eventually.SeeAsync(() => Task.FromResult(page.Url), address => address.Contains("uid=", StringComparison.Ordinal));
        await page.WaitForSelectorAsync("main [role=status], main [role=alert], main article");
        return await page.InnerTextAsync("main");
    }

    private static async Task StoreAsync(string database, string uid, byte[] content)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var insert = new NpgsqlCommand(
            "INSERT INTO orders.orders (order_uid, version, content, content_hash, epoch, partition, record_offset, record_time) "
            + "VALUES ($1, 1, $2, sha256($2), 1, 0, 0, 0)",
            connection) { Parameters = { new() { Value = uid }, new() { Value = content } } };
        await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
