using System.Text.Json.Serialization;

namespace Orders.Contracts;

/// <summary>An order as it stands in the value of a record on <see cref="Topics.Orders"/>. Money is an integer of minor units.</summary>
public sealed record OrderReceived
{
    [JsonPropertyName("order_uid")] public required string OrderUid { get; init; }
    [JsonPropertyName("track_number")] public required string TrackNumber { get; init; }
    [JsonPropertyName("entry")] public required string Entry { get; init; }
    [JsonPropertyName("delivery")] public required OrderDelivery Delivery { get; init; }
    [JsonPropertyName("payment")] public required OrderPayment Payment { get; init; }
    [JsonPropertyName("items")] public required IReadOnlyList<OrderItem> Items { get; init; }
    [JsonPropertyName("locale")] public required string Locale { get; init; }
    [JsonPropertyName("internal_signature")] public required string InternalSignature { get; init; }
    [JsonPropertyName("customer_id")] public required string CustomerId { get; init; }
    [JsonPropertyName("delivery_service")] public required string DeliveryService { get; init; }
    [JsonPropertyName("shardkey")] public required string ShardKey { get; init; }
    [JsonPropertyName("sm_id")] public required long SmId { get; init; }
    [JsonPropertyName("date_created")] public required DateTimeOffset DateCreated { get; init; }
    [JsonPropertyName("oof_shard")] public required string OofShard { get; init; }
}

/// <summary>Where an order goes to.</summary>
public sealed record OrderDelivery
{
    [JsonPropertyName("name")] public required string Name { get; init; }
    [JsonPropertyName("phone")] public required string Phone { get; init; }
    [JsonPropertyName("zip")] public required string Zip { get; init; }
    [JsonPropertyName("city")] public required string City { get; init; }
    [JsonPropertyName("address")] public required string Address { get; init; }
    [JsonPropertyName("region")] public required string Region { get; init; }
    [JsonPropertyName("email")] public required string Email { get; init; }
}

/// <summary>How an order was paid.</summary>
public sealed record OrderPayment
{
    [JsonPropertyName("transaction")] public required string Transaction { get; init; }
    [JsonPropertyName("request_id")] public required string RequestId { get; init; }
    [JsonPropertyName("currency")] public required string Currency { get; init; }
    [JsonPropertyName("provider")] public required string Provider { get; init; }
    [JsonPropertyName("amount")] public required long Amount { get; init; }

    /// <summary>Seconds since 1970-01-01T00:00:00Z.</summary>
    [JsonPropertyName("payment_dt")] public required long PaymentDt { get; init; }

    [JsonPropertyName("bank")] public required string Bank { get; init; }
    [JsonPropertyName("delivery_cost")] public required long DeliveryCost { get; init; }
    [JsonPropertyName("goods_total")] public required long GoodsTotal { get; init; }
    [JsonPropertyName("custom_fee")] public required long CustomFee { get; init; }
}

/// <summary>One line of an order.</summary>
public sealed record OrderItem
{
    [JsonPropertyName("chrt_id")] public required long ChrtId { get; init; }
    [JsonPropertyName("track_number")] public required string TrackNumber { get; init; }
    [JsonPropertyName("price")] public required long Price { get; init; }
    [JsonPropertyName("rid")] public required string Rid { get; init; }
    [JsonPropertyName("name")] public required string Name { get; init; }

    /// <summary>The discount in percent, 0 to 100.</summary>
    [JsonPropertyName("sale")] public required int Sale { get; init; }

    [JsonPropertyName("size")] public required string Size { get; init; }
    [JsonPropertyName("total_price")] public required long TotalPrice { get; init; }
    [JsonPropertyName("nm_id")] public required long NmId { get; init; }
    [JsonPropertyName("brand")] public required string Brand { get; init; }
    [JsonPropertyName("status")] public required int Status { get; init; }
}
