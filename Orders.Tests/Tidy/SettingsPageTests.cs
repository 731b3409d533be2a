using System.Globalization;
using System.Reflection;
using Bus.Caching;
using Bus.Kafka.Clients;
using Bus.Kafka.Endpoints;
using Bus.Kafka.Tailing;
using Bus.Storage.Relay;
using Bus.Storage.Tidying;
using Orders.Gateway;
using Orders.Service.Failures;
using Orders.Service.Ingest;
using Orders.Service.Ingest.Decoding;
using Orders.Service.Operations;

namespace Orders.Tests.Tidy;

/// <summary>The page of settings says what the options classes say.</summary>
public sealed class SettingsPageTests
{
    private const string Page = "docs/settings.md";

    private static readonly (string Section, object Options)[] Known =
    [
        ("Storage", new Orders.Service.Storage.StorageOptions()),
        ("Storage", new Orders.Gateway.Reading.StorageOptions()),
        (KafkaOptions.Section, new KafkaOptions()),
        (IngestOptions.Section, new IngestOptions()),
        (DecodingOptions.Section, new DecodingOptions()),
        ($"{IngestOptions.Section}:{nameof(IngestOptions.Reading)}", new TopicEndpointOptions()),
        (FailuresOptions.Section, new FailuresOptions()),
        (RelayOptions.Section, new RelayOptions()),
        (TidyingOptions.Section, new TidyingOptions()),
        (OperationsOptions.Section, new OperationsOptions()),
        (GatewayOptions.Section, new GatewayOptions()),
        (CacheOptions.Section, new CacheOptions()),
        (TailOptions.Section, new TailOptions()),
    ];

    // A section of its own or a dictionary; and what the host sets itself.
    private static readonly string[] NoRowOfTheirOwn = ["Kafka:Client", "Ingest:Reading", "Tail:Topic"];

    // The host fills these in where they are not given, so the class's own default is never seen.
    private static readonly string[] FilledInByTheHost = ["Cache:InstallationId"];

    [Fact]
    public void Every_setting_is_on_the_page_with_its_default()
    {
        var lines = File.ReadAllLines(SourceTree.Repository.PathOf(Page));
        var missing = Settings().Distinct()
            .Select(setting => $"| `{setting.Name}` | {setting.Default} |")
            .Where(row => !lines.Any(line => line.StartsWith(row, StringComparison.Ordinal)));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_options_class_of_the_hosts_is_looked_at()
    {
        var classes = new[] { typeof(KafkaOptions), typeof(RelayOptions), typeof(CacheOptions), typeof(IngestOptions), typeof(GatewayOptions) }
            .SelectMany(type => type.Assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal));

        Assert.Equal(classes.OrderBy(type => type.FullName), Known.Select(known => known.Options.GetType()).OrderBy(type => type.FullName));
    }

    private static IEnumerable<(string Name, string Default)> Settings() =>
        from known in Known
        from property in known.Options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        let name = $"{known.Section}:{property.Name}"
        where !NoRowOfTheirOwn.Contains(name)
        select (name, FilledInByTheHost.Contains(name) ? "–" : Text(property.GetValue(known.Options)));

    private static string Text(object? value) => value switch
    {
        null or "" => "–",
        TimeSpan { Days: not 0 } span => $"`{span.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture)}`",
        TimeSpan { Milliseconds: not 0 } span => $"`{span.ToString(@"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture)}`",
        TimeSpan span => $"`{span.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture)}`",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };
}
