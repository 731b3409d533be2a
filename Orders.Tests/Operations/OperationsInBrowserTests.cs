using Microsoft.Playwright;
using Orders.Service.Failures;
using Orders.Tests.Servers;

namespace Orders.Tests.Operations;

[Trait("Category", "system")]
public sealed class OperationsInBrowserTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser was not started.");

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Arguments });
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.CloseAsync() ?? Task.CompletedTask);
        _playwright?.Dispose();
    }

    [Fact]
    public async Task Nothing_of_a_hostile_record_runs_and_the_browser_has_nothing_to_complain_about()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var hostile = DeadLetterRows.HostileValue;
        var id = await rows.AddAsync(
            key: "<script>window.__xss=1</script>"u8.ToArray(), value: hostile, headers: [("<img src=x onerror=alert(1)>", hostile)],
            sentence: "<script>window.__xss=1;alert(1)</script>");
        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        var page = await Browser.NewPageAsync();
        var complaints = new List<string>();
        page.Dialog += (_, dialog) => complaints.Add($"dialog {dialog.Message}");
        page.Console += (_, message) => complaints.Add($"console {message.Text}");
        page.PageError += (_, error) => complaints.Add($"error {error}");
        page.RequestFailed += (_, request) => complaints.Add($"failed {request.Url}");

        foreach (var path in new[]
        {
            "/", "/dead-letters", $"/dead-letters/{id}", $"/dead-letters/{id}?view=text", $"/dead-letters/{id}?view=hex",
        })
        {
            await page.GotoAsync(new Uri(port.Url, path).ToString());
            Assert.Equal("undefined", await page.EvaluateAsync<string>("typeof window.__xss"));
            Assert.Equal(0, await page.Locator("main script, main img, main iframe").CountAsync());
        }

        Assert.Empty(complaints);
    }

    [Fact]
    public async Task The_replay_button_works_without_javascript_and_tells_the_result()
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var id = await rows.AddAsync(key: "a"u8.ToArray(), value: "{"u8.ToArray(), bytePosition: 1);
        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        port.Replay.Result = new ReplayResult(ReplayStatus.Conflict, null, "Somebody else was faster.");
        var page = await Browser.NewPageAsync(new() { JavaScriptEnabled = false });

        await page.GotoAsync(new Uri(port.Url, "/dead-letters?state=dead").ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = $"{id}", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay" }).ClickAsync();

        Assert.Contains("Nothing was replayed", await page.GetByRole(AriaRole.Alert).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal([(id, "operator")], port.Replay.Asked);
    }

    [Theory]
    [InlineData(320)]
    [InlineData(1200)]
    public async Task No_page_is_wider_than_the_window(int width)
    {
        var rows = await DeadLetterRows.CreateAsync(postgres);
        var wide = new string('w', 2000);
        var id = await rows.AddAsync(
            key: [.. Enumerable.Repeat((byte)0xFF, 300)], value: System.Text.Encoding.UTF8.GetBytes($"{{\"{wide}\":\"{wide}\"}}"),
            headers: [(wide, [.. Enumerable.Repeat((byte)0x1B, 300)])], sentence: wide);
        await rows.ExecuteAsync(
            "INSERT INTO watermark (position, partition, epoch, group_id, topic) VALUES (9999999999999, 1, 2, 'group', 'orders')");
        await using var port = await OperationsPort.StartAsync(rows.ConnectionString);
        var page = await Browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 800 } });

        foreach (var path in new[] { "/", "/dead-letters", $"/dead-letters/{id}", $"/dead-letters/{id}?view=hex", "/nowhere" })
        {
            await page.GotoAsync(new Uri(port.Url, path).ToString());
            Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, width);
        }
    }
}
