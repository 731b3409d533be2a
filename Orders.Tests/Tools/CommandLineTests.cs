using Orders.Tools;
using Orders.Tools.DeadLetters;
using Orders.Tools.Down;
using Orders.Tools.Printing;
using Orders.Tools.Publish;
using Orders.Tools.Reprocess;
using Orders.Tools.Status;
using Orders.Tools.Testing;
using Orders.Tools.Up;

namespace Orders.Tests.Tools;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bus-line").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Without_a_verb_examples_come_first()
    {
        Assert.Equal(0, await RunAsync());
        Assert.StartsWith("Examples\n  bus up --detach", _output.ToString());
        Assert.DoesNotContain(SuperviseVerb.Name, _output.ToString());
    }

    [Fact]
    public async Task An_unknown_verb_is_a_usage_error() => Assert.Equal(1, await RunAsync("uqp"));

    [Fact]
    public async Task Down_where_nothing_runs_is_fine()
    {
        Assert.Equal(0, await RunAsync("down", "--dir", _directory));
        Assert.Equal($"Nothing runs in {_directory}.\n", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Status_where_nothing_runs_is_2_and_its_json_is_whole()
    {
        Assert.Equal(2, await RunAsync("status", "--json", "--dir", _directory));
        using var json = System.Text.Json.JsonDocument.Parse(_output.ToString());
        Assert.Equal("busorders/status/1", json.RootElement.GetProperty("schema").GetString());
        Assert.Equal(
            ["supervisor", "postgres", "redis", "kafka", "service", "gateway"],
            json.RootElement.GetProperty("processes").EnumerateArray().Select(process => process.GetProperty("name").GetString()));
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("publish", "--count", "1")]
    [InlineData("migrate")]
    [InlineData("dlq", "list")]
    [InlineData("dlq", "show", "1")]
    [InlineData("dlq", "replay", "1")]
    [InlineData("reprocess", "--from", "0", "--to", "end")]
    [InlineData("reprocess", "--job", "1", "--cancel")]
    public async Task A_verb_that_needs_a_running_system_names_the_directory_and_ends_with_2(params string[] verb)
    {
        Assert.Equal(2, await RunAsync([.. verb, "--dir", _directory]));
        Assert.Equal($"bus: No system runs in --dir {_directory}. Start it with: bus up --detach\n", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Replay_wants_numbers_or_all_and_not_both()
    {
        Assert.Equal(1, await RunAsync("dlq", "replay", "--dir", _directory));
        Assert.Equal(1, await RunAsync("dlq", "replay", "3", "--all", "--dir", _directory));
    }

    [Theory]
    [InlineData]
    [InlineData("--from", "0")]
    [InlineData("--to", "end", "--force")]
    [InlineData("--from", "0", "--to", "end", "--cancel")]
    [InlineData("--from", "0", "--to", "end", "--job", "3")]
    [InlineData("--job", "3", "--force")]
    [InlineData("--cancel")]
    public async Task Reprocess_wants_a_range_or_a_job_and_not_both(params string[] arguments)
    {
        Assert.Equal(1, await RunAsync(["reprocess", .. arguments, "--dir", _directory]));
        Assert.StartsWith("bus: Give a range, --from and --to", _error.ToString());
    }

    [Theory]
    [InlineData("pure", true, "-trait- Category=system -trait- Category=kafka")]
    [InlineData("system", true, "-trait Category=system")]
    [InlineData("kafka", true, "-trait Category=kafka")]
    [InlineData("chaos", true, "-trait Category=chaos")]
    [InlineData(null, true, "-trait- Length=long")]
    [InlineData(null, false, "-trait- Category=kafka")]
    public void A_category_chooses_tests_and_without_kafka_its_tests_are_left_out(string? category, bool kafka, string filter) =>
        Assert.Equal(filter, string.Join(' ', TestVerb.Filter(category, kafka)));

    [Fact]
    public void The_counts_end_in_one_line()
    {
        Assert.Equal("12 passed, 0 failed", new TestCounts(12, 0, 0).ToString());
        Assert.Equal("12 passed, 1 failed, 2 skipped", new TestCounts(12, 1, 2).ToString());
    }

    private Task<int> RunAsync(params string[] args)
    {
        var bus = new BusContext(new Terminal(_output, _error, interactive: false), "/nowhere", TimeProvider.System);
        return new CommandLine(
            bus,
            [
                UpVerb.Define(bus), DownVerb.Define(bus), StatusVerb.Define(bus), PublishVerb.Define(bus), DeadLetterVerbs.Define(bus),
                Orders.Tools.Migrate.MigrateVerb.Define(bus), TestVerb.Define(bus), SuperviseVerb.Define(bus), ReprocessVerb.Define(bus),
            ]).RunAsync(args, TestContext.Current.CancellationToken);
    }
}
