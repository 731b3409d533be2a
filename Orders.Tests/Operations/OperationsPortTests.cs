using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Orders.Service.Failures;
using Orders.Service.Operations;

namespace Orders.Tests.Operations;

public sealed class OperationsPortTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/dead-letters")]
    [InlineData("/dead-letters/1")]
    [InlineData("/api/status")]
    [InlineData("/api/dead-letters/nope")]
    [InlineData("/health/live")]
    [InlineData("/operations.css")]
    [InlineData("/nowhere")]
    public async Task Every_response_has_the_security_headers_and_does_not_name_the_server(string path)
    {
        await using var port = await OperationsPort.StartAsync();

        using var response = await port.SendAsync(HttpMethod.Get, path);

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
            + "object-src 'none'; form-action 'self'; frame-ancestors 'none'",
            response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("GET", "/api/nowhere", 404, "not_found")]
    [InlineData("PUT", "/api/status", 405, "method_not_allowed")]
    [InlineData("GET", "/api/dead-letters/1/replay", 405, "method_not_allowed")]
    [InlineData("GET", "/api/dead-letters?limit=1000", 400, "invalid_parameter")]
    [InlineData("GET", "/api/dead-letters/-1", 400, "invalid_parameter")]
    [InlineData("GET", "/api/dead-letters", 503, "database_unavailable")]
    [InlineData("GET", "/api/dead-letters/1", 503, "database_unavailable")]
    [InlineData("GET", "/api/dead-letters/1/value", 503, "database_unavailable")]
    [InlineData("GET", "/api/status", 503, "database_unavailable")]
    public async Task Every_error_is_a_problem_with_a_stable_code_and_a_trace_id(string method, string path, int status, string code)
    {
        await using var port = await OperationsPort.StartAsync();

        using var response = await port.SendAsync(new HttpMethod(method), path);
        var problem = await ReadAsync(response);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString());
        Assert.DoesNotContain("127.0.0.1", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/dead-letters")]
    [InlineData("/dead-letters/1")]
    public async Task A_page_without_a_database_says_so_and_shows_no_stack(string path)
    {
        await using var port = await OperationsPort.StartAsync();

        using var response = await port.SendAsync(HttpMethod.Get, path);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("The database is not available", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_asks_nothing_and_ready_names_every_check_that_fails()
    {
        await using var port = await OperationsPort.StartAsync(
            OperationsPort.NoDatabase,
            new FixedCheck("ingest", "no partition is assigned"),
            new FixedCheck("relay", null),
            new FixedCheck("postgres", "gone"));

        using var live = await port.SendAsync(HttpMethod.Get, "/health/live");
        using var ready = await port.SendAsync(HttpMethod.Get, "/health/ready");

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            """{"status":"not_ready","reasons":["ingest: no partition is assigned","postgres: gone"]}""",
            await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Ready_is_said_when_no_check_fails_and_to_head_as_well()
    {
        await using var port = await OperationsPort.StartAsync(OperationsPort.NoDatabase, new FixedCheck("ingest", null));

        using var ready = await port.SendAsync(HttpMethod.Get, "/health/ready");
        using var head = await port.SendAsync(HttpMethod.Head, "/health/ready");

        Assert.Equal("""{"status":"ready","reasons":[]}""", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task A_replay_that_resolves_answers_with_its_outcome_and_is_done_in_the_callers_name()
    {
        await using var port = await OperationsPort.StartAsync();

        using var response = await port.SendAsync(HttpMethod.Post, "/api/dead-letters/42/replay", Json("{}"), ("X-Actor", "anna"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            """{"status":"resolved","outcome":"stored","sentence":"The order was stored as version 1."}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal([(42L, "anna")], port.Replay.Asked);
    }

    [Theory]
    [InlineData(ReplayStatus.StillDead, 422, "still_dead")]
    [InlineData(ReplayStatus.Conflict, 409, "not_replayable")]
    [InlineData(ReplayStatus.NotFound, 404, "dead_letter_not_found")]
    internal async Task A_replay_that_does_not_resolve_has_its_own_status_and_code(ReplayStatus result, int status, string code)
    {
        await using var port = await OperationsPort.StartAsync();
        port.Replay.Result = new ReplayResult(result, result == ReplayStatus.StillDead ? "dead" : null, "Because.");

        using var response = await port.SendAsync(HttpMethod.Post, "/api/dead-letters/42/replay");
        var answer = await ReadAsync(response);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, answer.GetProperty("code").GetString());
        Assert.Matches("^[0-9a-f]{32}$", answer.GetProperty("traceId").GetString());
        if (result == ReplayStatus.StillDead)
        {
            Assert.Equal("still_dead", answer.GetProperty("status").GetString());
            Assert.Equal("dead", answer.GetProperty("outcome").GetString());
            Assert.Equal("Because.", answer.GetProperty("sentence").GetString());
        }
    }

    [Theory]
    [InlineData("text/plain", "{}", 415, "unsupported_media_type")]
    [InlineData("application/x-www-form-urlencoded", "a=b", 415, "unsupported_media_type")]
    [InlineData("application/json", "{", 400, "malformed_body")]
    [InlineData("application/json", "[]", 400, "malformed_body")]
    public async Task A_body_that_is_not_a_json_object_is_refused_before_anything_happens(string type, string body, int status, string code)
    {
        await using var port = await OperationsPort.StartAsync();

        using var response = await port.SendAsync(
            HttpMethod.Post, "/api/dead-letters/42/replay", new StringContent(body, Encoding.UTF8, type));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await ReadAsync(response)).GetProperty("code").GetString());
        Assert.Empty(port.Replay.Asked);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        await using var port = await OperationsPort.StartAsync();
        var body = "{\"a\":\"" + new string('x', (int)OperationsRegistration.MaxRequestBodyBytes) + "\"}";

        using var response = await port.SendAsync(HttpMethod.Post, "/api/dead-letters/42/replay", Json(body));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body_too_large", (await ReadAsync(response)).GetProperty("code").GetString());
        Assert.Empty(port.Replay.Asked);
    }

    [Theory]
    [InlineData("/api/dead-letters/42/replay")]
    [InlineData("/dead-letters/42/replay")]
    public async Task Another_sites_page_and_another_hosts_name_change_nothing(string path)
    {
        await using var port = await OperationsPort.StartAsync();

        using var crossSite = await port.SendAsync(HttpMethod.Post, path, ("Sec-Fetch-Site", "cross-site"));
        using var foreignOrigin = await port.SendAsync(HttpMethod.Post, path, ("Origin", "http://evil.example"));
        using var rebound = await port.SendAsync(HttpMethod.Post, path, ("Host", "evil.example"), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(HttpStatusCode.Forbidden, crossSite.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, foreignOrigin.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, rebound.StatusCode);
        Assert.Empty(port.Replay.Asked);
    }

    [Theory]
    [InlineData(ReplayStatus.Resolved, "resolved")]
    [InlineData(ReplayStatus.StillDead, "still_dead")]
    [InlineData(ReplayStatus.Conflict, "conflict")]
    internal async Task The_button_goes_back_to_the_page_with_the_result(ReplayStatus result, string word)
    {
        await using var port = await OperationsPort.StartAsync();
        port.Replay.Result = new ReplayResult(result, null, "Because.");

        using var response = await port.SendAsync(
            HttpMethod.Post, "/dead-letters/42/replay", new FormUrlEncodedContent([]), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal($"/dead-letters/42?replay={word}", response.Headers.Location?.OriginalString);
        Assert.Equal([(42L, "operator")], port.Replay.Asked);
    }

    [Fact]
    public async Task An_unexpected_failure_tells_the_trace_id_and_nothing_else()
    {
        await using var port = await OperationsPort.StartAsync();
        port.Replay.Failure = new InvalidOperationException("Password=secret");

        using var response = await port.SendAsync(HttpMethod.Post, "/api/dead-letters/42/replay");
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("internal_error", body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_others_could_reach_is_refused_at_start()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new("Operations:Url", "http://0.0.0.0:0")]);
        builder.AddOperations();

        var refusal = Assert.Throws<OptionsValidationException>(() => builder.Build());

        Assert.Contains("which any address but loopback needs, are not available yet", refusal.Message, StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }
}
