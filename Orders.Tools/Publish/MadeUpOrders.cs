using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orders.Tools.Publish;

/// <summary>
/// Orders as a shop would send them, the same for the same seed for ever: uids differ within a seed, sums add up, about 835 bytes each.
/// </summary>
internal sealed class MadeUpOrders(long seed)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly DateTimeOffset FirstDay = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] GivenNames = ["Anna", "Boris", "Clara", "Dmitri", "Elena", "Felix", "Greta", "Hugo", "Irina", "Jonas"];
    private static readonly string[] FamilyNames =
        ["Petrov", "Schmidt", "Rossi", "Novák", "Levi", "Jensen", "Moreau", "Kowalski", "Orlov", "Weiss"];
    private static readonly string[] Streets =
        ["Ploshad Mira", "Bahnhofstrasse", "Via Roma", "Lenina", "Main Street", "Nevsky", "Rue de Lyon"];
    private static readonly string[] Banks = ["alpha", "sber", "vtb", "tinkoff", "raiffeisen"];
    private static readonly string[] Currencies = ["USD", "EUR", "RUB", "KZT"];
    private static readonly string[] Locales = ["en", "ru", "de"];
    private static readonly string[] Carriers = ["meest", "dhl", "dpd", "cdek"];
    private static readonly string[] Brands = ["Vivienne Sabo", "Maybelline", "Catrice", "Essence", "L'Etoile", "Nivea"];
    private static readonly string[] Goods = ["Mascaras", "Lipstick", "Shampoo", "Hand cream", "Nail polish", "Eau de toilette"];

    private static readonly (string City, string Region)[] Places =
    [
        ("Kiryat Mozkin", "Kraiot"), ("Kazan", "Tatarstan"), ("Zürich", "Zürich"), ("Tver", "Tver oblast"), ("Milano", "Lombardia"),
        ("Berlin", "Berlin"), ("Almaty", "Almaty"), ("Lyon", "Rhône"),
    ];

    /// <summary>The uid of order <paramref name="number"/>: a bijection of the number, so that no two of a seed are the same.</summary>
    public string Uid(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Dice.Mix(Dice.Mix((ulong)seed) + ((ulong)number * Dice.Golden)):x16}test");

    /// <summary>Order <paramref name="number"/>, from 0; a later edition is the same order with other content.</summary>
    public PublishedRecord Make(long number, int edition = 0)
    {
        var uid = Uid(number);
        var dice = new Dice(Dice.Mix((ulong)seed ^ Dice.Mix((ulong)number + 1) ^ ((ulong)edition << 40)));
        var content = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(content, Plain))
        {
            Write(json, uid, ref dice);
        }

        return new(uid, content.WrittenMemory, $"made-up order {number}");
    }

    private static void Write(Utf8JsonWriter json, string uid, ref Dice dice)
    {
        var track = $"WB{dice.Letters(12)}";
        var created = FirstDay.AddSeconds(dice.Below(2 * 365 * 24 * 3600));
        json.WriteStartObject();
        json.WriteString("order_uid", uid);
        json.WriteString("track_number", track);
        json.WriteString("entry", "WBIL");
        WriteDelivery(json, ref dice);
        var items = dice.Below(40) == 0 ? 2 : 1;
        var prices = new (long Price, long Sale, long Total)[items];
        for (var i = 0; i < items; i++)
        {
            var price = 100 + dice.Below(2000);
            var sale = dice.Below(13) * 5;
            prices[i] = (price, sale, price * (100 - sale) / 100);
        }

        WritePayment(json, uid, prices.Sum(price => price.Total), created, ref dice);
        json.WriteStartArray("items");
        foreach (var price in prices)
        {
            WriteItem(json, track, price, ref dice);
        }

        json.WriteEndArray();
        json.WriteString("locale", dice.Of(Locales));
        json.WriteString("internal_signature", "");
        json.WriteString("customer_id", $"customer-{dice.Below(100_000)}");
        json.WriteString("delivery_service", dice.Of(Carriers));
        json.WriteString("shardkey", Number(dice.Below(10)));
        json.WriteNumber("sm_id", dice.Below(100));
        json.WriteString("date_created", created.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteString("oof_shard", Number(1 + dice.Below(4)));
        json.WriteEndObject();
    }

    private static void WriteDelivery(Utf8JsonWriter json, ref Dice dice)
    {
        var given = dice.Of(GivenNames);
        var family = dice.Of(FamilyNames);
        var (city, region) = Places[dice.Below(Places.Length)];
        json.WriteStartObject("delivery");
        json.WriteString("name", $"{given} {family}");
        json.WriteString("phone", $"+972{1_000_000 + dice.Below(9_000_000)}");
        json.WriteString("zip", Number(1_000_000 + dice.Below(9_000_000)));
        json.WriteString("city", city);
        json.WriteString("address", $"{dice.Of(Streets)} {1 + dice.Below(200)}");
        json.WriteString("region", region);
        json.WriteString("email", $"{given.ToLowerInvariant()}{dice.Below(1000)}@example.com");
        json.WriteEndObject();
    }

    private static void WritePayment(Utf8JsonWriter json, string uid, long goods, DateTimeOffset created, ref Dice dice)
    {
        var delivery = dice.Below(20) * 100;
        var fee = dice.Below(5) == 0 ? dice.Below(300) : 0;
        json.WriteStartObject("payment");
        json.WriteString("transaction", uid);
        json.WriteString("request_id", "");
        json.WriteString("currency", dice.Of(Currencies));
        json.WriteString("provider", "wbpay");
        json.WriteNumber("amount", goods + delivery + fee);
        json.WriteNumber("payment_dt", created.ToUnixTimeSeconds());
        json.WriteString("bank", dice.Of(Banks));
        json.WriteNumber("delivery_cost", delivery);
        json.WriteNumber("goods_total", goods);
        json.WriteNumber("custom_fee", fee);
        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, string track, (long Price, long Sale, long Total) price, ref Dice dice)
    {
        json.WriteStartObject();
        json.WriteNumber("chrt_id", 1_000_000 + dice.Below(9_000_000));
        json.WriteString("track_number", track);
        json.WriteNumber("price", price.Price);
        json.WriteString("rid", $"{dice.Next():x16}{dice.Below(0xFFFFF):x5}");
        json.WriteString("name", dice.Of(Goods));
        json.WriteNumber("sale", price.Sale);
        json.WriteString("size", Number(dice.Below(6)));
        json.WriteNumber("total_price", price.Total);
        json.WriteNumber("nm_id", 1_000_000 + dice.Below(9_000_000));
        json.WriteString("brand", dice.Of(Brands));
        json.WriteNumber("status", 202);
        json.WriteEndObject();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
