using System.Text.RegularExpressions;
using Orders.Tests.Caching;

namespace Orders.Tests.Gateway;

public sealed partial class PageTests : IAsyncLifetime
{
    private const string Sample = """
        {"order_uid":"b563feb7b2b84b6test","track_number":"WBILMTESTTRACK","delivery":{"name":"Test Testov","city":"Kiryat Mozkin"},
        "payment":{"currency":"USD","amount":1817,"payment_dt":1637907727,"delivery_cost":1500,"goods_total":317,"custom_fee":0},
        "items":[{"name":"Mascaras","brand":"Vivienne Sabo","price":453,"sale":30,"total_price":317,"size":"0","status":202}],
        "date_created":"2021-11-26T06:22:19Z"}
        """;

    private GatewayUnderTest _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task The_first_look_is_an_empty_field_that_has_the_focus()
    {
        var (status, page) = await _gateway.PageAsync("/");

        Assert.Equal(200, status);
        Assert.Contains("data-state=\"start\"", page, StringComparison.Ordinal);
        Assert.Contains("<label for=\"uid\">", page, StringComparison.Ordinal);
        Assert.Contains("autofocus", page, StringComparison.Ordinal);
        Assert.DoesNotContain("aria-invalid", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/?uid=b563feb7b2b84b6test")]
    [InlineData("/order/b563feb7b2b84b6test")]
    public async Task An_order_reads_as_a_person_reads_it_and_says_where_it_came_from(string address)
    {
        _gateway.Origin.Values["b563feb7b2b84b6test"] = FakeOrigin.Value(3, Sample);

        var (status, page) = await _gateway.PageAsync(address);

        Assert.Equal(200, status);
        Assert.Contains("data-state=\"found\"", page, StringComparison.Ordinal);
        foreach (var text in (string[])["18.17 USD", "15.00 USD", "3.17 USD", "4.53 USD", "30 %", "Mascaras", "Kiryat Mozkin", "26 Nov 2021, 06:22 UTC",
            "Answered from the database", "version 3", "/order/b563feb7b2b84b6test"])
        {
            Assert.Contains(text, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("differ from the total", page, StringComparison.Ordinal);
        var (_, again) = await _gateway.PageAsync(address);
        Assert.Contains("<span class=\"level\">L1</span>", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Totals_that_do_not_add_up_are_said_not_to()
    {
        _gateway.Origin.Values["a"] = FakeOrigin.Value(1, Sample.Replace("1817", "1900", StringComparison.Ordinal));

        Assert.Contains("differ from the total by 0.83 USD", (await _gateway.PageAsync("/?uid=a")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_that_is_not_there_is_not_there_yet()
    {
        var (status, page) = await _gateway.PageAsync("/?uid=missing");

        Assert.Equal(404, status);
        Assert.Contains("data-state=\"not-found\"", page, StringComparison.Ordinal);
        Assert.Contains("No order <span class=\"uid\">missing</span> yet", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_uid_is_kept_and_the_character_and_its_place_are_named()
    {
        var (status, page) = await _gateway.PageAsync("/?uid=ab%3Cscript%3E");

        Assert.Equal(400, status);
        Assert.Contains("data-state=\"invalid\"", page, StringComparison.Ordinal);
        Assert.Contains("Character 3 is “&lt;”.", page, StringComparison.Ordinal);
        Assert.Contains("value=\"ab&lt;script&gt;\"", page, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\"", page, StringComparison.Ordinal);
        Assert.Contains("aria-describedby=\"uid-error uid-hint\"", page, StringComparison.Ordinal);
        Assert.Contains("id=\"uid-error\"", page, StringComparison.Ordinal);
        Assert.Equal(0, _gateway.Origin.Reads);
    }

    [Fact]
    public async Task An_outage_says_so_with_a_trace_id_and_another_try()
    {
        _gateway.Origin.Failure = new IOException("gone");

        var (status, page) = await _gateway.PageAsync("/?uid=a1");

        Assert.Equal(503, status);
        Assert.Contains("data-state=\"unavailable\"", page, StringComparison.Ordinal);
        Assert.Contains("role=\"alert\"", page, StringComparison.Ordinal);
        Assert.Matches("id=\"trace\">[0-9a-f]{32}<", page);
        Assert.DoesNotContain("No order", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%20b563feb7b2b84b6test%20")]
    [InlineData("%22b563feb7b2b84b6test%22")]
    [InlineData("http%3A%2F%2Fhost%3A8081%2Forder%2Fb563feb7b2b84b6test")]
    [InlineData("%7B%22order_uid%22%3A%20%22b563feb7b2b84b6test%22%2C%22phone%22%3A%22%2B972%22%7D")]
    public async Task What_was_pasted_around_a_uid_does_not_stay_in_the_address(string pasted)
    {
        using var response = await _gateway.SendAsync("/?uid=" + pasted);

        Assert.Equal(303, (int)response.StatusCode);
        Assert.Equal("/?uid=b563feb7b2b84b6test", response.Headers.Location?.ToString());
    }

    [Theory]
    [InlineData("""{"items":[{"name":"<script>alert(1)</script>","brand":"\"><img src=x onerror=alert(1)>"}]}""")]
    [InlineData("""{"order_uid":"<b>","delivery":{"city":"</pre><script>x</script>","name":"'\" onload=x"}}""")]
    [InlineData("""{"payment":{"amount":1e400,"currency":"<i>","payment_dt":99999999999999999999},"items":{"a":"<u>"}}""")]
    [InlineData("""{"payment":[],"items":[null,1,"<s>",[]],"delivery":"x","date_created":{}}""")]
    [InlineData("""{"delivery":{"city":"\ud800"},"payment":{"amount":9223372036854775807,"goods_total":-9223372036854775808,"delivery_cost":-1}}""")]
    [InlineData("""[1,2,"<p>"]""")]
    [InlineData("not json <script>")]
    [InlineData("")]
    [InlineData("null")]
    public async Task Whatever_the_bytes_hold_there_is_a_page_and_nothing_of_it_is_markup(string body)
    {
        _gateway.Origin.Values["odd"] = FakeOrigin.Value(1, body);

        var (status, page) = await _gateway.PageAsync("/?uid=odd");

        Assert.Equal(200, status);
        var tags = Tag().Matches(page).Select(tag => tag.Groups[1].Value).Distinct();
        Assert.Empty(tags.Except(OwnTags, StringComparer.Ordinal));
        Assert.Equal(1, page.Split("<script").Length - 1);
        Assert.DoesNotMatch("<[a-z][^>]* on[a-z]+=", page);
    }

    [Fact]
    public async Task The_page_keeps_its_own_content_security_policy()
    {
        _gateway.Origin.Values["a"] = FakeOrigin.Value(1, Sample);
        using var response = await _gateway.SendAsync("/?uid=a");
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
            + "object-src 'none'; form-action 'self'; frame-ancestors 'none'",
            response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.DoesNotMatch("<style|style=|javascript:|https?://", page);
        foreach (Match asset in Asset().Matches(page))
        {
            using var found = await _gateway.SendAsync(asset.Groups[1].Value);
            Assert.Equal(200, (int)found.StatusCode);
        }
    }

    private static readonly string[] OwnTags =
    [
        "a", "article", "bdi", "body", "button", "code", "dd", "details", "div", "dl", "dt", "form", "h1", "h2", "h3", "head", "header",
        "html", "img", "input", "label", "link", "main", "meta", "p", "pre", "q", "script", "search", "section", "span", "strong",
        "summary", "table", "tbody", "td", "tfoot", "th", "thead", "time", "title", "tr", "ul",
    ];

    [GeneratedRegex("<([a-z0-9]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Tag();

    [GeneratedRegex("(?:src|href)=\"(/assets/[^\"]+)\"")]
    private static partial Regex Asset();
}
