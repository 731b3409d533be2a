using System.Text;
using Orders.Tests.Tidy;

namespace Orders.Tests.Faults;

/// <summary>What is run has no failpoints in it: neither the calls nor what would read their rules.</summary>
public sealed class NoFailpointsInReleaseTests
{
    private static readonly string[] Products = ["Bus.Kafka", "Bus.Storage", "Bus.Caching", "Orders.Service", "Orders.Gateway", "Orders.Tools"];
    private static readonly string[] Traces = ["BUS_FAILPOINTS", .. CrashAtEveryPointTests.Points, "FailpointException"];

    [Fact]
    public void No_assembly_that_is_built_for_use_holds_a_trace_of_them()
    {
        var assemblies = Products.SelectMany(Assemblies).ToList();

        Assert.True(assemblies.Count >= Products.Length);
        Assert.Empty(
            from assembly in assemblies
            let bytes = File.ReadAllBytes(assembly)
            from trace in Traces
            where Holds(bytes, trace)
            select $"{assembly} holds {trace}");
    }

    [Fact]
    public void A_text_and_a_name_in_an_assembly_are_found()
    {
        var own = File.ReadAllBytes(typeof(NoFailpointsInReleaseTests).Assembly.Location);

        Assert.All(Traces[..^1], trace => Assert.True(Holds(own, trace), trace));
        Assert.True(Holds(own, nameof(NoFailpointsInReleaseTests)));
    }

    /// <summary>Beside the tests, and where the hosts are started from.</summary>
    private static IEnumerable<string> Assemblies(string product)
    {
        yield return Path.Combine(AppContext.BaseDirectory, $"{product}.dll");
        foreach (var host in new[] { "Orders.Service", "Orders.Gateway" })
        {
            if (SourceTree.Repository.PathOf($"{host}/bin/Release/net10.0/{product}.dll") is var built && File.Exists(built))
            {
                yield return built;
            }
        }
    }

    /// <summary>Texts are kept in UTF-16, names in UTF-8.</summary>
    private static bool Holds(byte[] assembly, string text) =>
        assembly.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0 || assembly.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
