using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orders.Gateway.Page;

/// <summary>
/// An order as a person reads it. Whatever the bytes hold gets a page: fields that are missing are left out, fields of another shape are
/// shown as they are written, and what is no JSON object at all is shown raw.
/// </summary>
internal static class OrderArticle
{
    private const int MaxItems = 200;
    private const int MaxRawCharacters = 128 * 1024;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128 };

    public static void Render(HtmlWriter html, string uid, byte[] body)
    {
        html.Write($"""<article class="order">""");
        using var document = TryParse(body);
        JsonElement? order = document?.RootElement;
        RenderHead(html, uid, order);
        if (order is { ValueKind: JsonValueKind.Object })
        {
            RenderItems(html, order);
            html.Write($"""<div class="columns">""");
            RenderDelivery(html, order);
            RenderPayment(html, order);
            html.Write($"</div>\n");
        }
        else
        {
            html.Write($"""<p class="panel">This order is not a JSON object, so only its text can be shown.</p>""");
        }

        RenderRaw(html, uid, body);
        html.Write($"</article>\n");
    }

    private static JsonDocument? TryParse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, Reading);
        }
        catch (JsonException)
        {
            // Shown raw.
            return null;
        }
    }

    private static void RenderHead(HtmlWriter html, string uid, JsonElement? order)
    {
        html.Write($"""
            <header class="head">
            <div><p class="eyebrow">Order</p><h2 class="uid">{uid}</h2></div>
            <div class="actions">
            <button type="button" class="quiet" data-copy="{uid}" hidden>Copy uid</button>
            <a class="button quiet" href="/order/{uid}">Permalink</a>
            </div>
            </header>
            <dl class="summary">

            """);
        var currency = order.TextAt("payment", "currency");
        if (order.At("payment", "amount") is { } amount)
        {
            Fact(html, "Total", Money.Format(amount, currency));
        }

        TimeFact(html, "Placed", Moment.Parse(order.At("date_created")), order.TextAt("date_created"));
        if (order.At("items") is { ValueKind: JsonValueKind.Array } items)
        {
            Fact(html, "Items", items.GetArrayLength().ToString(CultureInfo.InvariantCulture));
        }

        Fact(html, "To", order.TextAt("delivery", "city"));
        html.Write($"</dl>\n");
    }

    private static void RenderItems(HtmlWriter html, JsonElement? order)
    {
        if (order.At("items") is not { } items)
        {
            return;
        }

        html.Write($"""<section class="items"><h3>Items</h3>""");
        if (items.ValueKind != JsonValueKind.Array)
        {
            html.Write($"<p><code>{JsonText.Of(items)}</code></p></section>\n");
            return;
        }

        var currency = order.TextAt("payment", "currency");
        html.Write($"""
            <table>
            <thead><tr>
            <th scope="col">Item</th><th scope="col" class="number">Price</th>
            <th scope="col" class="number">Discount</th><th scope="col" class="number">Total</th>
            </tr></thead>
            <tbody>

            """);
        foreach (var item in items.EnumerateArray().Take(MaxItems))
        {
            RenderItem(html, item, currency);
        }

        html.Write($"</tbody>\n");
        RenderTotals(html, order, currency);
        html.Write($"</table>\n");
        if (items.GetArrayLength() - MaxItems is > 0 and var more)
        {
            html.Write($"""<p class="small">{more} more items are in the JSON below.</p>""");
        }

        RenderSumCheck(html, order, currency);
        html.Write($"</section>\n");
    }

    private static void RenderItem(HtmlWriter html, JsonElement? item, string? currency)
    {
        if (item is not { ValueKind: JsonValueKind.Object })
        {
            html.Write($"""<tr><td colspan="4"><code>{JsonText.Of(item)}</code></td></tr>""");
            return;
        }

        var size = item.TextAt("size");
        string?[] details =
        [
            item.TextAt("brand"), size is null or "0" ? null : $"size {size}", Prefixed("no. ", item.TextAt("nm_id")),
            Prefixed("status ", item.TextAt("status")),
        ];
        html.Write($"""<tr><th scope="row"><bdi>{item.TextAt("name") ?? "(without a name)"}</bdi>""");
        html.Write($"""<span class="details"><bdi>{Joined(" · ", details)}</bdi></span></th>""");
        html.Write($"""<td class="number" data-label="Price">{Money.Format(item.At("price"), currency)}</td>""");
        html.Write($"""<td class="number" data-label="Discount">{(item.TextAt("sale") is { } sale ? sale + " %" : "—")}</td>""");
        html.Write($"""<td class="number" data-label="Total">{Money.Format(item.At("total_price"), currency)}</td></tr>""");
    }

    private static void RenderTotals(HtmlWriter html, JsonElement? order, string? currency)
    {
        (string Name, JsonElement? Amount)[] rows =
        [
            ("Goods", order.At("payment", "goods_total")), ("Delivery", order.At("payment", "delivery_cost")),
            ("Fee", order.At("payment", "custom_fee")),
        ];
        html.Write($"<tfoot>\n");
        foreach (var (name, amount) in rows)
        {
            if (amount is not null && (name != "Fee" || Money.Units(amount) != 0))
            {
                html.Write($"""<tr><th scope="row" colspan="3">{name}</th><td class="number">{Money.Format(amount, currency)}</td></tr>""");
            }
        }

        if (order.At("payment", "amount") is { } total)
        {
            html.Write($"""<tr class="total"><th scope="row" colspan="3">Total</th>""");
            html.Write($"""<td class="number">{Money.Format(total, currency)}</td></tr>""");
        }

        html.Write($"</tfoot>\n");
    }

    private static void RenderSumCheck(HtmlWriter html, JsonElement? order, string? currency)
    {
        if (Money.Units(order.At("payment", "goods_total")) is { } goods
            && Money.Units(order.At("payment", "delivery_cost")) is { } delivery
            && Money.Units(order.At("payment", "amount")) is { } amount
            && (Int128)goods + delivery + (Money.Units(order.At("payment", "custom_fee")) ?? 0) - amount is var off
            && off != 0)
        {
            var difference = Money.Format((long)Int128.Clamp(Int128.Abs(off), 0, long.MaxValue), currency ?? "");
            html.Write($"""<p class="small note">Goods, delivery and fee differ from the total by {difference} {currency}.</p>""");
        }
    }

    private static void RenderDelivery(HtmlWriter html, JsonElement? order)
    {
        var delivery = order.At("delivery");
        html.Write($"<section><h3>Delivery</h3><dl class=\"facts\">\n");
        Fact(html, "Name", delivery.TextAt("name"));
        var place = Joined(" ", delivery.TextAt("zip"), delivery.TextAt("city"));
        Fact(html, "Address", Joined(", ", delivery.TextAt("address"), place, delivery.TextAt("region")));
        Fact(html, "Phone", delivery.TextAt("phone"));
        Fact(html, "E-mail", delivery.TextAt("email"));
        Fact(html, "Carrier", order.TextAt("delivery_service"));
        Fact(html, "Track", order.TextAt("track_number"));
        html.Write($"</dl></section>\n");
    }

    private static void RenderPayment(HtmlWriter html, JsonElement? order)
    {
        var payment = order.At("payment");
        html.Write($"<section><h3>Payment</h3><dl class=\"facts\">\n");
        Fact(html, "Provider", payment.TextAt("provider"));
        Fact(html, "Bank", payment.TextAt("bank"));
        TimeFact(html, "Paid", Moment.FromUnixSeconds(payment.At("payment_dt")), payment.TextAt("payment_dt"));
        Fact(html, "Transaction", payment.TextAt("transaction"));
        Fact(html, "Request", payment.TextAt("request_id"));
        Fact(html, "Customer", order.TextAt("customer_id"));
        html.Write($"</dl></section>\n");
    }

    private static void RenderRaw(HtmlWriter html, string uid, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        html.Write($"""
            <details class="raw"><summary>JSON as it was received</summary>
            <p class="actions"><button type="button" class="quiet" data-copy-json="/order/{uid}" hidden>Copy JSON</button></p>
            <pre tabindex="0" aria-label="The order’s JSON">
            """);
        html.Write($"\n{(text.Length <= MaxRawCharacters ? text : text[..MaxRawCharacters])}</pre>\n");
        if (text.Length > MaxRawCharacters)
        {
            html.Write($"""<p class="small">The first {MaxRawCharacters} of {text.Length} characters; <q>Copy JSON</q> takes all.</p>""");
        }

        html.Write($"</details>\n");
    }

    private static void Fact(HtmlWriter html, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            html.Write($"<div><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>\n");
        }
    }

    private static void TimeFact(HtmlWriter html, string name, DateTimeOffset? moment, string? asWritten)
    {
        if (moment is not { } time)
        {
            Fact(html, name, asWritten);
            return;
        }

        html.Write($"<div><dt>{name}</dt><dd><time datetime=\"{Moment.Machine(time)}\">{Moment.Person(time)}</time></dd></div>\n");
    }

    private static string Joined(string between, params string?[] parts) =>
        string.Join(between, parts.Where(part => !string.IsNullOrEmpty(part)));

    private static string? Prefixed(string prefix, string? text) => text is null ? null : prefix + text;
}
