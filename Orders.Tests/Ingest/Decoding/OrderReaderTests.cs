using Orders.Service.Ingest.Decoding;

namespace Orders.Tests.Ingest.Decoding;

public sealed class OrderReaderTests
{
    [Fact]
    public void A_good_order_costs_nothing_but_its_uid()
    {
        var reader = SampleOrder.Reader();
        var key = SampleOrder.Utf8(SampleOrder.Uid);
        reader.Read(key, SampleOrder.AsGiven, 0, 0);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var decoded = reader.Read(key, SampleOrder.AsGiven, 0, 0);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(SampleOrder.Uid, decoded.Uid);
        Assert.InRange(allocated, 1, 64);
    }

    [Fact]
    public void Content_begins_behind_a_byte_order_mark()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. SampleOrder.AsGiven];

        var decoded = SampleOrder.Read(marked);

        Assert.Equal((3, DecodedFlags.BomStripped), (decoded.ContentOffset, decoded.Flags));
        Assert.Equal(0, SampleOrder.Read(SampleOrder.AsGiven).ContentOffset);
    }

    [Fact]
    public void A_removal_names_the_order_of_its_key()
    {
        var decoded = SampleOrder.Read((byte[]?)null);

        Assert.Equal((DecodedKind.Tombstone, SampleOrder.Uid), (decoded.Kind, decoded.Uid));
    }

    [Fact]
    public void Malformed_JSON_is_told_before_what_the_model_refuses()
    {
        var wrongAndBroken = SampleOrder.With("payment.amount", "\"1817\"") + "}";

        Assert.Equal(RefusalReasons.MalformedJson, SampleOrder.Refused(wrongAndBroken).Reason);
    }

    [Fact]
    public void The_first_thing_the_model_refuses_is_told()
    {
        var refusal = SampleOrder.Refused(SampleOrder.With(("delivery.zip", "1"), ("payment.amount", "-1"), ("date_created", "\"\"")));

        Assert.Equal((RefusalReasons.WrongType, "$.delivery.zip"), (refusal.Reason, refusal.JsonPath));
    }

    [Fact]
    public void Names_nobody_knows_are_not_repeated_unless_they_are_plain_words()
    {
        var personal = SampleOrder.Refused(SampleOrder.WithFirst("\"test@gmail.com\":1,\"test@gmail.com\":2"));
        var plain = SampleOrder.Refused(SampleOrder.WithFirst("\"extra_1\":1,\"extra_1\":2"));

        Assert.Equal("$.*", personal.JsonPath);
        Assert.Equal("$.extra_1", plain.JsonPath);
        Assert.Equal("$.* comes a second time in its object, and readers disagree which one counts. " + Refusal.Mend, personal.Sentence);
    }

    [Fact]
    public void No_text_of_a_person_is_repeated_in_a_sentence()
    {
        string[] personal = ["Test Testov", "+9720000000", "test@gmail.com", "Ploshad Mira 15"];
        var texts = personal.Select(text => $"\"{text}\"");

        var sentences = SampleOrder.Fields.SelectMany(field => texts.Select(text => SampleOrder.With(field, text)))
            .Select(order => SampleOrder.Read(order).Refusal?.Sentence).OfType<string>().ToList();

        Assert.NotEmpty(sentences);
        Assert.All(sentences, sentence => Assert.DoesNotContain(personal, text => sentence.Contains(text, StringComparison.Ordinal)));
    }

    [Fact]
    public void Many_unknown_names_are_compared_with_each_other_and_only_within_their_object()
    {
        var names = Enumerable.Range(0, 500).Select(i => $"\"x{i}\":0").ToList();
        var objects = string.Join(',', Enumerable.Range(0, 20).Select(_ => $"{{{string.Join(',', names)}}}"));

        Assert.Equal(DecodedKind.Order, SampleOrder.Read(SampleOrder.WithFirst($"\"all\":[{objects}]")).Kind);

        names.Add("\"x\\u0030\":0");
        var refusal = SampleOrder.Refused(SampleOrder.WithFirst($"\"all\":[{objects},{{{string.Join(',', names)}}}]"));
        Assert.Equal((RefusalReasons.DuplicateProperty, "$.all[20].x0"), (refusal.Reason, refusal.JsonPath));
    }

    [Theory]
    [InlineData("MaxValueBytes", "too_large")]
    [InlineData("MaxItems", "too_many_items")]
    [InlineData("MaxProperties", "too_many_items")]
    [InlineData("MaxDepth", "too_deep")]
    [InlineData("MaxHeaders", "headers_too_large")]
    [InlineData("MaxHeaderBytes", "headers_too_large")]
    public void A_record_over_a_limit_names_the_setting_and_passes_once_it_is_raised(string setting, string reason)
    {
        var order = SampleOrder.Utf8(SampleOrder.With("items[0].name", "\"n\",\"x\":[]"));
        var tight = new DecodingOptions
        {
            MaxValueBytes = 64, MaxItems = 0, MaxProperties = 0, MaxDepth = 3, MaxHeaders = 0, MaxHeaderBytes = 0,
        };
        var loose = new DecodingOptions();
        var property = typeof(DecodingOptions).GetProperty(setting)!;
        property.SetValue(loose, property.GetValue(tight));

        var refusal = SampleOrder.Reader(loose).Read(null, order, 1, 1).Refusal;

        Assert.NotNull(refusal);
        Assert.Equal(reason, refusal.Reason);
        Assert.Contains($"Ingest:{setting} = {property.GetValue(tight)}", refusal.Sentence, StringComparison.Ordinal);
        Assert.Equal(DecodedKind.Order, SampleOrder.Reader(new DecodingOptions()).Read(null, order, 1, 1).Kind);
    }
}
