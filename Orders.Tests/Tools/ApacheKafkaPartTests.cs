using Orders.Tools.Up;

namespace Orders.Tests.Tools;

public sealed class ApacheKafkaPartTests
{
    [Fact]
    public void No_cluster_id_looks_like_an_option()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => ApacheKafkaPart.NewClusterId()).ToList();
        Assert.All(ids, id => Assert.Matches("^[A-Za-z0-9][A-Za-z0-9_-]{21}$", id));
        Assert.Equal(1_000, ids.Distinct().Count());
    }
}
