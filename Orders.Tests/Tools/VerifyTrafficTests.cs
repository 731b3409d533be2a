using Microsoft.Extensions.Options;
using Orders.Service.Ingest.Decoding;
using Orders.Tools;
using Orders.Tools.Publish;

namespace Orders.Tests.Tools;

public sealed class VerifyTrafficTests
{
    private static readonly Shares Mix = new(Poison: 0.02, Dup: 0.03, Update: 0.04, Remove: 0.02);

    [Fact]
    public void The_same_seed_and_shares_make_the_same_records()
    {
        var (first, second) = (new MadeUpTraffic(7, Mix).Records(5_000), new MadeUpTraffic(7, Mix).Records(5_000));
        Assert.All(first.Zip(second), pair =>
        {
            Assert.Equal((pair.First.Key, pair.First.IsRemoval), (pair.Second.Key, pair.Second.IsRemoval));
            Assert.Equal(pair.First.Value.ToArray(), pair.Second.Value.ToArray());
        });
    }

    [Fact]
    public void Without_shares_they_are_the_orders_of_the_seed()
    {
        var orders = new MadeUpOrders(7);
        Assert.All(
            new MadeUpTraffic(7, default).Records(500).Index(),
            record => Assert.Equal(orders.Make(record.Index).Value.ToArray(), record.Item.Value.ToArray()));
    }

    [Fact]
    public void Shares_are_kept_and_only_poison_is_refused_by_the_service()
    {
        const int count = 20_000;
        var reader = new OrderReader(Options.Create(new DecodingOptions()), TimeProvider.System);
        var latest = new Dictionary<string, byte[]?>();
        int poison = 0, dup = 0, update = 0, remove = 0, fresh = 0;
        foreach (var record in new MadeUpTraffic(7, Mix).Records(count))
        {
            var value = record.IsRemoval ? null : record.Value.ToArray();
            var isPoison = record.Source.StartsWith("poison", StringComparison.Ordinal);
            var decoded = reader.Read(System.Text.Encoding.UTF8.GetBytes(record.Key!), value, 0, 0);
            Assert.Equal(isPoison, decoded.Kind == DecodedKind.Refused);
            if (isPoison)
            {
                poison++;
            }
            else if (!latest.TryGetValue(record.Key!, out var before))
            {
                fresh++;
                latest[record.Key!] = value;
            }
            else
            {
                var isSame = value is null ? before is null : before is not null && value.AsSpan().SequenceEqual(before);
                _ = isSame ? dup++ : value is null ? remove++ : update++;
                latest[record.Key!] = value;
            }
        }

        Assert.InRange(poison, 300, 500);
        Assert.InRange(dup, 450, 800);
        Assert.InRange(update, 600, 1_000);
        Assert.InRange(remove, 250, 500);
        Assert.Equal(count, poison + dup + update + remove + fresh);
    }

    [Theory]
    [InlineData("1%", 0.01)]
    [InlineData("0.01", 0.01)]
    [InlineData("2.5%", 0.025)]
    [InlineData("100%", 1)]
    [InlineData(null, 0)]
    public void A_share_is_a_percentage_or_a_fraction(string? text, double share) => Assert.Equal(share, Share.Parse("--poison", text));

    [Theory]
    [InlineData("1")]
    [InlineData("-1%")]
    [InlineData("101%")]
    [InlineData("much")]
    public void What_is_no_share_or_may_mean_two_things_is_refused(string text) => Assert.Equal(
        $"--poison {text} is no share of all records; write it as 1% or as 0.01.",
        Assert.Throws<BusException>(() => Share.Parse("--poison", text)).Message);

    [Fact]
    public void More_than_all_is_refused() => Assert.Throws<BusException>(() => new Shares(0.5, 0.5, 0.1, 0).Check());
}
