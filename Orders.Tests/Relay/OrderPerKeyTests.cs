using Bus.Storage.Outbox;
using Bus.Storage.Relay;

namespace Orders.Tests.Relay;

/// <summary>Of one key there is at most one event on its way.</summary>
public sealed class OrderPerKeyTests
{
    [Fact]
    public void Events_of_one_key_go_in_waves_behind_each_other_and_others_go_along()
    {
        var waves = RelayWorker.Waves([Event("a", 1), Event("b", 1), Event("a", 2), Event("c", 7), Event("a", 3), Event("b", 2)]);

        Assert.Equal(["a1 b1 c7", "a2 b2", "a3"], waves.Select(wave => string.Join(' ', wave.Select(e => $"{e.Key}{e.Sequence}"))));
    }

    [Fact]
    public void A_lane_is_a_fixed_share_of_all_keys()
    {
        Assert.Equal([5, 4, 5], new[] { "b563feb7b2b84b6test", "a", "" }.Select(key => (int)Lane.Of(key)));
        var shares = Enumerable.Range(0, 8_000).GroupBy(i => Lane.Of($"order-{i}")).Select(lane => lane.Count()).ToList();
        Assert.Equal(Lane.Count, shares.Count);
        Assert.All(shares, share => Assert.InRange(share, 800, 1_200));
    }

    private static OutboxEvent Event(string key, long sequence) => new(0, key, sequence, "t", null, default, null);
}
