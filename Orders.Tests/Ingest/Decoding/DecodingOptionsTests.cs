using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest.Decoding;

public sealed class DecodingOptionsTests
{
    [Fact]
    public void Defaults_are_these()
    {
        var options = Bind([]);

        Assert.Equal(983_040, options.MaxValueBytes);
        Assert.Equal(32, options.MaxDepth);
        Assert.Equal(1000, options.MaxItems);
        Assert.Equal(1000, options.MaxProperties);
        Assert.Equal(256, options.MaxHeaders);
        Assert.Equal(65_536, options.MaxHeaderBytes);
        Assert.Equal(ConsistencyRule.Accept, options.Consistency);
    }

    [Fact]
    public void Settings_are_read_from_the_section_Ingest()
    {
        var options = Bind(new()
        {
            ["Ingest:MaxValueBytes"] = "1000",
            ["Ingest:MaxDepth"] = "4",
            ["Ingest:MaxItems"] = "5",
            ["Ingest:MaxProperties"] = "6",
            ["Ingest:MaxHeaders"] = "7",
            ["Ingest:MaxHeaderBytes"] = "8",
            ["Ingest:Consistency"] = "Reject",
        });

        Assert.Equal(
            (1000, 4, 5, 6),
            (options.MaxValueBytes, options.MaxDepth, options.MaxItems, options.MaxProperties));
        Assert.Equal((7, 8, ConsistencyRule.Reject), (options.MaxHeaders, options.MaxHeaderBytes, options.Consistency));
    }

    [Fact]
    public void Settings_out_of_range_are_all_told_with_what_is_allowed()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(new()
        {
            ["Ingest:MaxValueBytes"] = "63",
            ["Ingest:MaxDepth"] = "65",
            ["Ingest:MaxItems"] = "0",
            ["Ingest:MaxProperties"] = "-1",
            ["Ingest:MaxHeaders"] = "10001",
            ["Ingest:MaxHeaderBytes"] = "1048577",
            ["Ingest:Consistency"] = "2",
        }));

        string[] expected =
        [
            "Ingest:MaxValueBytes is 63; it must be from 64 to 983040.",
            "Ingest:MaxDepth is 65; it must be from 3 to 64.",
            "Ingest:MaxItems is 0; it must be from 1 to 10000.",
            "Ingest:MaxProperties is -1; it must be from 0 to 10000.",
            "Ingest:MaxHeaders is 10001; it must be from 0 to 10000.",
            "Ingest:MaxHeaderBytes is 1048577; it must be from 0 to 1048576.",
            "Consistency: Ingest:Consistency is none of its values; set it to Accept or Reject.",
        ];
        Assert.Equal(expected, error.Failures);
    }

    private static DecodingOptions Bind(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var provider = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddDecoding().BuildServiceProvider();
        provider.GetRequiredService<OrderReader>();
        return provider.GetRequiredService<IOptions<DecodingOptions>>().Value;
    }
}
