using System.Text.Json;
using Bus.Caching;
using Orders.Tests.Caching;

namespace Orders.Tests.Gateway;

public sealed class OrderEndpointTests : IAsyncLifetime
{
    private const string Sample = "{ \"order_uid\":\"a1\",  \"n\": 1.50 }";

    private GatewayUnderTest _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task An_order_is_served_byte_for_byte_from_the_level_that_has_it()
    {
        _gateway.Origin.Values["a1"] = FakeOrigin.Value(7, Sample);

        using var first = await _gateway.SendAsync("/order/a1");
        using var second = await _gateway.SendAsync("/order/a1");

        foreach (var (response, level) in new[] { (first, "DB"), (second, "L1") })
        {
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal(Sample, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
            Assert.Equal(Sample.Length, response.Content.Headers.ContentLength);
            Assert.Equal("\"v7\"", response.Headers.ETag?.ToString());
            Assert.Equal("no-cache, private", response.Headers.CacheControl?.ToString());
            Assert.Equal("Accept", response.Headers.Vary.Single());
            Assert.Equal(level, response.Headers.GetValues("X-Cache").Single());
            Assert.True(response.Headers.Contains("Server-Timing"));
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task HEAD_has_the_headers_of_GET_and_no_body()
    {
        _gateway.Origin.Values["a1"] = FakeOrigin.Value(7, Sample);

        using var response = await _gateway.SendAsync("/order/a1", HttpMethod.Head);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(Sample.Length, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("\"v7\"", 304)]
    [InlineData("W/\"v7\"", 304)]
    [InlineData("\"other\", \"v7\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"v6\"", 200)]
    [InlineData("nonsense", 200)]
    public async Task If_None_Match_is_answered_without_the_bytes_when_the_version_is_the_same(string seen, int status)
    {
        _gateway.Cache.Apply("a1", FakeOrigin.Value(7, Sample));

        using var response = await _gateway.SendAsync("/order/a1", null, ("If-None-Match", seen));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("\"v7\"", response.Headers.ETag?.ToString());
        Assert.Equal(0, _gateway.Origin.Reads);
    }

    [Fact]
    public async Task A_reader_with_a_newer_tag_gets_the_newer_order_from_the_database()
    {
        _gateway.Cache.Apply("a1", FakeOrigin.Value(5, "old"));
        _gateway.Origin.Values["a1"] = FakeOrigin.Value(8, "new");

        using var response = await _gateway.SendAsync("/order/a1", null, ("If-None-Match", "\"v7\""));

        Assert.Equal("\"v8\"", response.Headers.ETag?.ToString());
        Assert.Equal("DB", response.Headers.GetValues("X-Cache").Single());
    }

    [Theory]
    [InlineData("/order/a%20b", 400, "invalid_order_uid")]
    [InlineData("/order/a%2Fb", 400, "invalid_order_uid")]
    [InlineData("/order/%D1%8F", 400, "invalid_order_uid")]
    [InlineData("/order/12345678901234567890123456789012345678901234567890123456789012345", 400, "invalid_order_uid")]
    [InlineData("/order/unknown", 404, "order_not_found")]
    [InlineData("/order/", 404, "route_not_found")]
    [InlineData("/order/a1/", 404, "route_not_found")]
    [InlineData("/ORDER/a1", 404, "route_not_found")]
    [InlineData("/nothing", 404, "route_not_found")]
    public async Task Every_error_is_a_problem_with_its_code_and_a_trace_id(string address, int status, string code)
    {
        using var response = await _gateway.SendAsync(address);

        await AssertProblem(response, status, code);
        Assert.Equal(code == "order_not_found" ? 1 : 0, _gateway.Origin.Reads);
    }

    [Theory]
    [InlineData("POST", "/order/a1")]
    [InlineData("DELETE", "/order/a%20b")]
    [InlineData("PUT", "/")]
    [InlineData("POST", "/health/live")]
    public async Task Other_methods_are_refused_with_those_that_are_allowed(string method, string address)
    {
        using var response = await _gateway.SendAsync(address, new HttpMethod(method));

        await AssertProblem(response, 405, "method_not_allowed");
        Assert.Equal(["GET", "HEAD", "OPTIONS"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task An_outage_is_503_with_Retry_After_and_never_404()
    {
        _gateway.Origin.Failure = new IOException("secret host name");

        using var response = await _gateway.SendAsync("/order/a1");

        var problem = await AssertProblem(response, 503, "orders_unavailable");
        Assert.Equal("1", response.Headers.RetryAfter?.ToString());
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_database_gone_what_L1_holds_is_served_and_marked_stale_only_when_events_are_late()
    {
        _gateway.Cache.Apply("a1", FakeOrigin.Value(7, Sample));
        _gateway.Origin.Failure = new IOException("gone");

        using var fresh = await _gateway.SendAsync("/order/a1");
        Assert.Equal(200, (int)fresh.StatusCode);
        Assert.False(fresh.Headers.Contains("X-Data-Freshness"));

        _gateway.Events.KeepUp = false;
        using var stale = await _gateway.SendAsync("/order/a1");
        Assert.Equal(200, (int)stale.StatusCode);
        Assert.Equal("stale", stale.Headers.GetValues("X-Data-Freshness").Single());
    }

    [Fact]
    public async Task A_removed_order_is_404_without_a_tag()
    {
        _gateway.Cache.Apply("a1", FakeOrigin.Value(7, Sample));
        _gateway.Cache.Apply("a1", new CachedValue(8, null));

        using var response = await _gateway.SendAsync("/order/a1");

        await AssertProblem(response, 404, "order_not_found");
        Assert.Null(response.Headers.ETag);
    }

    [Fact]
    public async Task The_caller_finds_its_own_trace_id_in_the_problem()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

        using var response = await _gateway.SendAsync("/order/unknown", null, ("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01"));

        Assert.Equal(TraceId, response.Headers.GetValues("X-Request-Id").Single());
    }

    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("text/html", "text/html")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html")]
    [InlineData("application/json, text/html;q=0.5", "application/json")]
    [InlineData("text/html;q=0, */*", "application/json")]
    [InlineData("application/json, text/html", "application/json")]
    [InlineData("text/html;;;q", "application/json")]
    public async Task The_permalink_is_the_page_for_browsers_and_JSON_for_everyone_else(string accept, string contentType)
    {
        _gateway.Cache.Apply("a1", FakeOrigin.Value(7, Sample));

        using var response = await _gateway.SendAsync("/order/a1", null, ("Accept", accept));

        Assert.Equal(contentType, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Accept", response.Headers.Vary.Single());
    }

    [Fact]
    public async Task Ready_and_startup_wait_for_priming_and_live_does_not()
    {
        using var before = await _gateway.SendAsync("/health/ready");
        using var live = await _gateway.SendAsync("/health/live");
        _gateway.Readiness.WaitsFor = null;
        using var ready = await _gateway.SendAsync("/health/ready");
        using var startup = await _gateway.SendAsync("/health/startup");

        Assert.Equal([503, 200, 200, 200], [(int)before.StatusCode, (int)live.StatusCode, (int)ready.StatusCode, (int)startup.StatusCode]);
        Assert.Equal(
            """{"status":"not_ready","reasons":["the ends of order-events are not noted yet"]}""",
            await before.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            """{"status":"ready","reasons":[]}""", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<string> AssertProblem(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(text);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal("/problems/" + code.Replace('_', '-'), problem.GetProperty("type").GetString());
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString()!);
        return text;
    }
}
