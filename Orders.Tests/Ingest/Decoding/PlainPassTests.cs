using System.Text;
using System.Text.Json;
using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest.Decoding;

/// <summary>The short way is taken by the orders it is for, and says of no document what the long way does not say.</summary>
public sealed class PlainPassTests
{
    private const int Mutations = 20_000;
    private const int Seed = 7;

    private static readonly DateTimeOffset Latest = SampleOrder.Now.AddYears(1);

    [Fact]
    public void An_order_in_the_order_of_the_model_is_plain_however_it_is_laid_out()
    {
        var spread = SampleOrder.Compact
            .Replace("{", "\r\n\t{ ", StringComparison.Ordinal)
            .Replace("}", "\n}\t", StringComparison.Ordinal)
            .Replace("\":", "\" : ", StringComparison.Ordinal)
            .Replace(",", "\n ,", StringComparison.Ordinal)
            .Replace("]", " ]", StringComparison.Ordinal);

        Assert.True(IsPlain(SampleOrder.AsGiven));
        Assert.True(IsPlain(SampleOrder.Utf8(SampleOrder.Compact)));
        Assert.True(IsPlain(SampleOrder.Utf8(spread)));
        Assert.True(IsPlain(SampleOrder.Utf8(SampleOrder.With("items", "[ ]"))));
        Assert.True(IsPlain(SampleOrder.Utf8(SampleOrder.With(("payment.amount", "-0"), ("items[0].price", "999999999999999999")))));
        Assert.True(IsPlain(SampleOrder.Utf8(SampleOrder.With("delivery.name", "\"Тест Тестов, улица Очень Длинная, дом 7\""))));
    }

    [Theory]
    [InlineData("delivery.name", "\"\\u0041\"")]
    [InlineData("delivery.name", "\"a\tb\"")]
    [InlineData("payment.amount", "00")]
    [InlineData("payment.amount", "1e2")]
    [InlineData("payment.amount", "- 1")]
    [InlineData("payment.amount", "9223372036854775807")]
    [InlineData("payment.amount", "\"1\"")]
    [InlineData("payment", "null")]
    [InlineData("items", "[{}]")]
    [InlineData("items", "[,]")]
    [InlineData("date_created", "\"2021-11-26\"")]
    public void What_needs_a_closer_look_is_left_to_the_long_way(string field, string raw)
    {
        Assert.False(IsPlain(SampleOrder.Utf8(SampleOrder.With(field, raw))));
    }

    [Fact]
    public void What_is_unknown_missing_doubled_moved_or_behind_the_end_is_left_to_the_long_way()
    {
        Assert.False(IsPlain(SampleOrder.Utf8(SampleOrder.WithFirst("\"entry\":\"x\""))));
        Assert.False(IsPlain(SampleOrder.Utf8(SampleOrder.WithFirst("\"unknown\":1"))));
        Assert.False(IsPlain(SampleOrder.Utf8(SampleOrder.Without("entry"))));
        Assert.False(IsPlain(Spelled("\"entry\":\"WBIL\",\"entry\":\"WBIL\"")));
        Assert.False(IsPlain(Spelled("\"entry\":\"WBIL\",\"locale\":\"en\"", without: "\"locale\":\"en\",")));
        Assert.False(IsPlain(SampleOrder.Utf8($"{SampleOrder.Compact}x")));
        Assert.False(IsPlain(SampleOrder.Utf8($"{SampleOrder.Compact},")));
        Assert.False(IsPlain([]));
    }

    [Fact]
    public void Limits_and_rules_hold_on_the_short_way()
    {
        var items = SampleOrder.Compact[(SampleOrder.Compact.IndexOf('[') + 1)..SampleOrder.Compact.IndexOf(']')];
        var twoItems = SampleOrder.Compact.Replace(items, $"{items},{items}", StringComparison.Ordinal);

        Assert.True(IsPlain(SampleOrder.Utf8(twoItems), new DecodingOptions { MaxItems = 2 }));
        Assert.False(IsPlain(SampleOrder.Utf8(twoItems), new DecodingOptions { MaxItems = 1 }));
        Assert.True(IsPlain(SampleOrder.Utf8(SampleOrder.With("payment.amount", "1"))));
        Assert.False(IsPlain(SampleOrder.Utf8(SampleOrder.With("payment.amount", "1")), new DecodingOptions { Consistency = ConsistencyRule.Reject }));
    }

    [Fact]
    public void What_was_remembered_on_the_short_way_is_forgotten_on_the_long_one()
    {
        var item = SampleOrder.Compact[(SampleOrder.Compact.IndexOf('[') + 1)..SampleOrder.Compact.IndexOf(']')];
        var rid = JsonDocument.Parse(item).RootElement.GetProperty("rid").GetString()!;
        var items = string.Join(',', Enumerable.Range(0, 100).Select(number => item.Replace(rid, $"rid-{number}", StringComparison.Ordinal)));

        var decoded = SampleOrder.Read(SampleOrder.With(
            ("items", $"[{items}]"), ("payment.goods_total", "31700"), ("payment.amount", "33200"), ("oof_shard", "\"\\u0031\"")));

        Assert.Equal((DecodedKind.Order, DecodedFlags.None), (decoded.Kind, decoded.Flags));
    }

    [Fact]
    public void Every_prefix_is_left_to_the_long_way()
    {
        var order = SampleOrder.Utf8(SampleOrder.Compact);

        Assert.All(Enumerable.Range(0, order.Length), length => Assert.False(IsPlain(order[..length])));
    }

    [Fact]
    public void A_plain_order_is_the_same_good_order_on_the_long_way_over_20000_mutations_and_the_poison_table()
    {
        var random = new Random(Seed);
        var spoiled = Enumerable.Range(0, Mutations).Select(_ => MutationTests.Mutate(random, SampleOrder.AsGiven));
        var poison = PoisonCases.All.Select(poison => poison.Value).OfType<byte[]>();
        var plain = 0;
        foreach (var document in spoiled.Concat(poison).Where(document => System.Text.Unicode.Utf8.IsValid(document)))
        {
            foreach (var options in new DecodingOptions[] { new(), new() { Consistency = ConsistencyRule.Reject } })
            {
                if (OnTheShortWay(document, options) is { } found)
                {
                    plain++;
                    Assert.Equal((OnTheLongWay(document, options), Encoding.Latin1.GetString(document)), (found, Encoding.Latin1.GetString(document)));
                }
            }
        }

        Assert.True(plain > Mutations / 20, $"{plain} were plain.");
    }

    /// <summary>The sample with its field <c>entry</c> spelled so.</summary>
    private static byte[] Spelled(string entry, string? without = null)
    {
        const string asItIs = "\"entry\":\"WBIL\"";
        Assert.Contains(asItIs, SampleOrder.Compact, StringComparison.Ordinal);
        var rest = without is null ? SampleOrder.Compact : SampleOrder.Compact.Replace(without, "", StringComparison.Ordinal);
        return SampleOrder.Utf8(rest.Replace(asItIs, entry, StringComparison.Ordinal));
    }

    private static bool IsPlain(byte[] document, DecodingOptions? options = null)
    {
        var found = OnTheShortWay(document, options ?? new DecodingOptions());
        Assert.True(found is null || found == OnTheLongWay(document, options ?? new DecodingOptions()));
        return found is not null;
    }

    private static string? OnTheShortWay(byte[] document, DecodingOptions options)
    {
        var pass = new PlainPass(document, options, Latest, stackalloc int[OrderPass.Scratch]);
        try
        {
            return pass.Run() ? $"{Encoding.ASCII.GetString(pass.Uid)} {pass.IsInconsistent}" : null;
        }
        finally
        {
            pass.Dispose();
        }
    }

    private static string OnTheLongWay(byte[] document, DecodingOptions options)
    {
        var pass = new OrderPass(document, 0, options, Latest, stackalloc int[OrderPass.Scratch]);
        try
        {
            pass.Run();
            return pass.Refusal is null ? $"{Encoding.ASCII.GetString(pass.Uid)} {pass.IsInconsistent}" : pass.Refusal.Reason;
        }
        catch (JsonException)
        {
            return RefusalReasons.MalformedJson;
        }
        finally
        {
            pass.Dispose();
        }
    }
}
