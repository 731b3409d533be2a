using Microsoft.AspNetCore.Http;
using Orders.Service.Operations;
using Orders.Service.Operations.DeadLetters;

namespace Orders.Tests.Operations;

public sealed class RequestGuardTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]", true)]
    [InlineData("127.0.0.9", true)]
    [InlineData("", false)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.nip.io", false)]
    [InlineData("10.0.0.5", false)]
    public void Only_names_of_this_machine_are_served(string host, bool served) =>
        Assert.Equal(served, RequestGuard.IsAllowedHost(host, ownHost: "127.0.0.9"));

    [Theory]
    [InlineData("POST", "same-origin", null, true)]
    [InlineData("POST", "none", null, true)]
    [InlineData("POST", "cross-site", null, false)]
    [InlineData("POST", "same-site", null, false)]
    [InlineData("POST", "cross-site", "http://localhost:8082", false)]
    [InlineData("POST", "same-origin", "null", true)]
    [InlineData("POST", null, "http://localhost:8082", true)]
    [InlineData("POST", null, "http://localhost:9999", false)]
    [InlineData("POST", null, "https://localhost:8082", false)]
    [InlineData("POST", null, "http://evil.example", false)]
    [InlineData("POST", null, "null", false)]
    [InlineData("POST", null, null, true)]
    [InlineData("DELETE", "cross-site", null, false)]
    [InlineData("GET", "cross-site", "http://evil.example", true)]
    [InlineData("HEAD", "cross-site", null, true)]
    public void A_change_is_taken_from_own_pages_and_from_programs_only(string method, string? site, string? origin, bool taken)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Scheme = "http";
        context.Request.Host = new HostString("localhost", 8082);
        if (site is not null)
        {
            context.Request.Headers["Sec-Fetch-Site"] = site;
        }

        if (origin is not null)
        {
            context.Request.Headers.Origin = origin;
        }

        Assert.Equal(taken, RequestGuard.WhyCrossSite(context.Request) is null);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8082")]
    [InlineData("http://localhost:8082")]
    [InlineData("http://[::1]:8082/")]
    [InlineData("http://127.0.0.2:80")]
    public void A_loopback_address_is_taken(string url)
    {
        var (address, refusal) = OperationsAddress.Parse(url);

        Assert.Null(refusal);
        Assert.True(System.Net.IPAddress.IsLoopback(address!.EndPoint.Address));
    }

    [Theory]
    [InlineData("http://0.0.0.0:8082")]
    [InlineData("http://[::]:8082")]
    [InlineData("http://192.168.1.4:8082")]
    [InlineData("http://orders.example:8082")]
    [InlineData("http://*:8082")]
    [InlineData("https://127.0.0.1:8082")]
    [InlineData("http://127.0.0.1:8082/operations")]
    [InlineData("8082")]
    [InlineData("")]
    public void Any_other_address_is_refused(string url) => Assert.NotNull(OperationsAddress.Parse(url).Refusal);

    [Fact]
    public void The_refusal_says_what_is_wrong_why_and_what_to_do() => Assert.Equal(
        "Operations:Url is 'http://0.0.0.0:8082', which other machines could reach. Whoever reaches the operations port can read "
        + "and replay records, and access tokens, which any address but loopback needs, are not available yet. Use a loopback address such "
        + "as http://127.0.0.1:8082, and reach it from elsewhere through an SSH tunnel.",
        OperationsAddress.Parse("http://0.0.0.0:8082").Refusal);

    [Theory]
    [InlineData(null, "api")]
    [InlineData("  ", "api")]
    [InlineData(" anna ", "anna")]
    [InlineData("an\u001b[2Jna\u202e", "an[2Jna")]
    public void An_actor_is_cleaned(string? header, string actor) => Assert.Equal(actor, Actor.Clean(header));

    [Fact]
    public void An_actor_is_cut_between_characters()
    {
        var actor = Actor.Clean(new string('x', Actor.MaxLength - 1) + "😀");

        Assert.Equal(new string('x', Actor.MaxLength - 1), actor);
    }

    [Fact]
    public void The_defaults_are_what_the_documentation_says()
    {
        var options = new OperationsOptions();

        Assert.Equal("http://127.0.0.1:8082", options.Url);
        Assert.Equal(TimeSpan.FromSeconds(2), options.QueryTimeout);
        Assert.Equal(8192, options.ShownValueBytes);
    }
}
