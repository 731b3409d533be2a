using System.Text.Json;
using Orders.Contracts;
using Orders.Tools.Publish;

namespace Orders.Tests.Tools;

public sealed class MadeUpOrdersTests
{
    [Fact]
    public void The_same_seed_makes_the_same_bytes_and_another_seed_makes_others()
    {
        Assert.Equal(new MadeUpOrders(7).Make(41).Value.ToArray(), new MadeUpOrders(7).Make(41).Value.ToArray());
        Assert.NotEqual(new MadeUpOrders(7).Make(41).Value.ToArray(), new MadeUpOrders(8).Make(41).Value.ToArray());
    }

    [Fact]
    public void No_two_orders_of_a_seed_share_a_uid_and_every_uid_keeps_the_rule()
    {
        var orders = new MadeUpOrders(7);
        var uids = Enumerable.Range(0, 100_000).Select(number => orders.Uid(number)).ToList();
        Assert.Equal(100_000, uids.Distinct().Count());
        Assert.All(uids.Take(1_000), uid => Assert.True(OrderUid.IsValid(uid), uid));
    }

    [Fact]
    public void Sums_add_up_and_the_key_is_the_uid_inside()
    {
        var orders = new MadeUpOrders(7);
        for (var number = 0; number < 2_000; number++)
        {
            var record = orders.Make(number);
            var order = JsonSerializer.Deserialize<OrderReceived>(record.Value.Span)!;
            Assert.Equal(record.Key, order.OrderUid);
            Assert.Equal(order.OrderUid, OrderUidFinder.Find(record.Value.Span));
            Assert.Equal(order.Items.Sum(item => item.TotalPrice), order.Payment.GoodsTotal);
            Assert.Equal(order.Payment.GoodsTotal + order.Payment.DeliveryCost + order.Payment.CustomFee, order.Payment.Amount);
            Assert.All(order.Items, item => Assert.Equal(item.Price * (100 - item.Sale) / 100, item.TotalPrice));
        }
    }

    [Fact]
    public void They_are_about_835_bytes_long()
    {
        var orders = new MadeUpOrders(7);
        Assert.InRange(Enumerable.Range(0, 2_000).Average(number => orders.Make(number).Value.Length), 800, 870);
    }
}
