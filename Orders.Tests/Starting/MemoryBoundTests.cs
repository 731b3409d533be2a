using System.Text.Json;

namespace Orders.Tests.Starting;

/// <summary>How far the youngest generation grows does not depend on the processor's cache.</summary>
public sealed class MemoryBoundTests
{
    private const string Setting = "System.GC.Gen0MaxBudget";
    private const long MostBytes = 16 << 20;

    [Fact]
    public void The_runtime_knows_the_setting_and_keeps_the_youngest_generation_to_it() =>
        Assert.Equal(MostBytes, GC.GetConfigurationVariables()["GCGen0MaxBudget"]);

    [Theory]
    [InlineData("Orders.Service")]
    [InlineData("Orders.Gateway")]
    [InlineData("Orders.Tools")]
    public void Whatever_is_run_is_started_with_it(string program)
    {
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{program}.runtimeconfig.json")));
        Assert.Equal(MostBytes, settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty(Setting).GetInt64());
    }
}
