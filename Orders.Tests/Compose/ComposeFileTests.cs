using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Orders.Tools.Running;
using Orders.Tools.Up;
using YamlDotNet.RepresentationModel;

namespace Orders.Tests.Compose;

public sealed partial class ComposeFileTests
{
    private static readonly string Root = FindRoot();
    private static readonly YamlMappingNode Services = Load();

    [Fact]
    public void Everything_that_production_needs_is_there() => Assert.Equal(
        ["gateway", "kafka", "migrate", "passwords", "postgres", "rabbitmq", "redis", "service", "topics"],
        Services.Children.Keys.Select(key => key.ToString()).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_image_is_pinned_to_a_version() => Assert.All(
        Services.Children,
        service => Assert.Matches(PinnedImage(), Text((YamlMappingNode)service.Value, "image")));

    [Theory]
    [InlineData("kafka")]
    [InlineData("postgres")]
    [InlineData("redis")]
    [InlineData("rabbitmq")]
    [InlineData("service")]
    [InlineData("gateway")]
    public void What_stays_up_has_a_health_check(string name) =>
        Assert.NotEmpty(((YamlSequenceNode)Child(Child(Services, name), "healthcheck")["test"]).Children);

    [Theory]
    [InlineData("service", "Orders.Service")]
    [InlineData("migrate", "Orders.Service")]
    [InlineData("gateway", "Orders.Gateway")]
    public void A_host_is_built_from_a_dockerfile_that_pins_its_images_and_does_not_run_as_root(string name, string project)
    {
        var build = Child(Child(Services, name), "build");
        Assert.Equal(Root, Path.GetFullPath(Path.Combine(Root, "compose", Text(build, "context"))));
        var lines = File.ReadAllLines(Path.Combine(Root, Text(build, "dockerfile")));
        Assert.Equal(
            ["FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build", "FROM mcr.microsoft.com/dotnet/aspnet:10.0"],
            lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("librdkafka1", StringComparison.Ordinal));
        Assert.Contains("USER $APP_UID", lines);
        Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{project}.dll\"]", lines);
        Assert.True(File.Exists(Path.Combine(Root, project, $"{project}.csproj")));
    }

    [Fact]
    public void A_host_is_given_the_settings_that_bus_up_gives_it()
    {
        var state = new SystemState
        {
            Kafka = new(KafkaState.Apache, null, "kafka:9092"),
            Addresses = new("127.0.0.1:8081", 8082, 1, 2, 3, 4),
            DatabaseSchema = "orders",
        };
        var connections = new Connections(state.Addresses, state.DatabaseSchema, new("a", "b", "c", "d", "e"));
        Assert.Equal(HostPart.ServiceSettings(state, connections).Keys.Order(StringComparer.Ordinal), SettingsOf("service"));
        Assert.Equal(HostPart.GatewaySettings(state, connections).Keys.Order(StringComparer.Ordinal), SettingsOf("gateway"));
    }

    [Fact]
    public void What_is_waited_for_exists()
    {
        foreach (var (name, service) in Services.Children)
        {
            if (((YamlMappingNode)service).Children.TryGetValue("depends_on", out var needed))
            {
                Assert.All(((YamlMappingNode)needed).Children.Keys, other => Assert.True(
                    Services.Children.ContainsKey(other), $"{name} waits for {other}"));
            }
        }
    }

    [Fact]
    public void No_password_is_written_down() => Assert.All(
        Services.Children.Values.OfType<YamlMappingNode>()
            .Where(service => service.Children.ContainsKey("environment"))
            .SelectMany(service => Child(service, "environment").Children)
            .Where(setting => Password().IsMatch($"{setting.Key}={setting.Value}")),
        setting => Assert.Matches(@"\$\{BUS_[A-Z]+_PASSWORD:\?", setting.Value.ToString()));

    private static IEnumerable<string> SettingsOf(string name) =>
        Child(Child(Services, name), "environment").Children.Keys.Select(key => key.ToString()).Order(StringComparer.Ordinal);

    private static YamlMappingNode Child(YamlMappingNode node, string name) => (YamlMappingNode)node[name];

    private static string Text(YamlMappingNode node, string name) => node[name].ToString();

    private static YamlMappingNode Load()
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(Path.Combine(Root, "compose", "compose.yaml"));
        stream.Load(reader);
        return Child((YamlMappingNode)stream.Documents[0].RootNode, "services");
    }

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"^[a-z/-]+:\d+(\.\d+)+$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex("PASSWORD|_PASS=|password=", RegexOptions.IgnoreCase)]
    private static partial Regex Password();
}
