using Orders.Tests.Servers;

namespace Orders.Tests.Starting;

/// <summary>Hosts that are configured wrongly, as processes: a line per error, an exit code, and nothing else.</summary>
[Trait("Category", "system")]
public sealed class ConfigurationErrorsTests
{
    private const string Database = "Host=127.0.0.1;Port=1;Username=nobody;Database=none";
    private const string NotSet = "ConnectionStrings:Orders is not set. Give it as Host=…;";

    [Theory]
    [InlineData("Orders.Service")]
    [InlineData("Orders.Gateway")]
    public async Task Every_setting_that_is_missing_has_a_line_of_its_own(string host)
    {
        var lines = await RefusedAsync(host, []);

        Assert.Equal(2, lines.Count);
        Assert.Contains(lines, line => line.StartsWith($"{host}: Kafka:BootstrapServers is not set; give it as", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"{host}: {NotSet}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Orders.Service", "Ingest__Retries", "99", "Ingest:Retries must be 0 to 20.")]
    [InlineData("Orders.Service", "Ingest__Retries", "many", "Failed to convert configuration value 'many' at 'Ingest:Retries' to type 'System.Int32'.")]
    [InlineData("Orders.Service", "Storage__Schema", "Or ders", "Storage:Schema must be 1 to 63 of a-z 0-9 _ and not begin with a digit.")]
    [InlineData("Orders.Service", "Operations__Url", "http://0.0.0.0:1", "Operations:Url is 'http://0.0.0.0:1', which other machines could reach.")]
    [InlineData("Orders.Gateway", "Storage__Schema", "Or ders", "Storage:Schema must be a plain lower-case name: a-z 0-9 _, not beginning with a digit.")]
    [InlineData("Orders.Gateway", "Gateway__RetryAfter", "soon", "Failed to convert configuration value 'soon' at 'Gateway:RetryAfter'")]
    public async Task A_wrong_value_is_one_line_that_names_the_setting(string host, string setting, string value, string sentence)
    {
        var line = Assert.Single(await RefusedAsync(
            host, [], ("ConnectionStrings__Orders", Database), ("Kafka__BootstrapServers", "127.0.0.1:1"), (setting, value)));

        Assert.StartsWith($"{host}: {sentence}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_the_topic_is_read_is_checked_too()
    {
        var line = Assert.Single(await RefusedAsync(
            "Orders.Service",
            [],
            ("ConnectionStrings__Orders", Database),
            ("Kafka__BootstrapServers", "127.0.0.1:1"),
            ("Operations__Url", "http://127.0.0.1:0"),
            ("Ingest__Reading__BatchBytes", "0")));

        Assert.Contains("BatchBytes is 0; give at least 1 byte", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Orders.Service", "Host=127.0.0.1;Port=abc", " in its part 'Port'")]
    [InlineData("Orders.Gateway", "Host=127.0.0.1;Port=abc", " in its part 'Port'")]
    [InlineData("Orders.Service", "Host=127.0.0.1;Password=a;secret=b", "")]
    [InlineData("Orders.Gateway", "Host=127.0.0.1;Password=a;secret=b", "")]
    [InlineData("Orders.Service", "secret", "")]
    public async Task A_connection_string_that_cannot_be_read_is_said_and_never_shown(string host, string text, string part)
    {
        var line = Assert.Single(await RefusedAsync(host, [], ("ConnectionStrings__Orders", text), ("Kafka__BootstrapServers", "127.0.0.1:1")));

        Assert.StartsWith($"{host}: ConnectionStrings:Orders cannot be read{part}. Give it as", line, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrating_without_a_connection_string_is_refused_and_printing_the_script_needs_none()
    {
        Assert.StartsWith($"Orders.Service: {NotSet}", Assert.Single(await RefusedAsync("Orders.Service", ["migrate"])), StringComparison.Ordinal);

        var script = await RunAsync("Orders.Service", ["migrate", "--script"]);
        Assert.Contains("CREATE TABLE watermark", script.Succeeded(), StringComparison.Ordinal);
        Assert.Empty(script.Errors);
    }

    [Fact]
    public async Task Migrating_a_database_that_does_not_answer_ends_with_2()
    {
        var result = await RunAsync("Orders.Service", ["migrate"], ("ConnectionStrings__Orders", Database));

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("Orders.Service: Postgres does not answer: ", Assert.Single(LinesOf(result.Errors)), StringComparison.Ordinal);
    }

    private static async Task<List<string>> RefusedAsync(string host, string[] arguments, params (string Name, string Value)[] settings)
    {
        var result = await RunAsync(host, arguments, settings);
        Assert.Equal(1, result.ExitCode);
        Assert.DoesNotContain("Exception", result.Output, StringComparison.Ordinal);
        return LinesOf(result.Errors);
    }

    private static Task<CommandResult> RunAsync(string host, string[] arguments, params (string Name, string Value)[] settings) => Command.RunAsync(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, $"{host}.dll"), .. arguments],
        input: null,
        settings.ToDictionary(setting => setting.Name, string? (setting) => setting.Value));

    private static List<string> LinesOf(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
