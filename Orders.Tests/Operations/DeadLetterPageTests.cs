using System.Text;
using Bus.Storage.DeadLetters;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Orders.Service.Operations.DeadLetters;

namespace Orders.Tests.Operations;

public sealed class DeadLetterPageTests
{
    private const int ShownBytes = 8192;

    public static TheoryData<string> HostileTexts =>
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "</pre></main><iframe src=javascript:alert(1)>",
        "\u001b[2J\u001b]52;c;ZXZpbA==\u0007",
        "\u202etxt.exe\u2066",
        "a\u0000b\r\nSet-Cookie: a=b",
        "'; DROP TABLE orders;--",
        "{0} %s $1 {{x}}",
    ];

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void Nothing_of_a_record_becomes_markup_or_hides_wherever_it_stands(string hostile)
    {
        var bytes = Encoding.UTF8.GetBytes(hostile);
        var calm = Letter(key: [], value: [], headers: [("a", [])], text: "");
        var letter = Letter(key: bytes, value: bytes, headers: [(hostile, bytes)], text: hostile);

        foreach (var view in new[] { "json", "text", "hex", hostile })
        {
            var html = DeadLetterPage.Render(letter, view, hostile, ShownBytes).ToString();

            Assert.DoesNotContain(html, c => c is '\u001b' or '\u202e' or '\u2066' or '\0' or '\a' or '\r');
            foreach (var tag in new[] { "<script", "<img", "<svg", "<iframe", "</main><" })
            {
                Assert.DoesNotContain(tag, html, StringComparison.OrdinalIgnoreCase);
            }
        }

        Assert.DoesNotContain("<script", DeadLetterPage.Render(calm, null, null, ShownBytes).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resolved")]
    [InlineData("still_dead")]
    public void A_made_up_address_cannot_make_the_page_report_a_replay_that_was_not(string replay)
    {
        var html = DeadLetterPage.Render(Letter(state: DeadLetterStates.Dead), null, replay, ShownBytes).ToString();

        Assert.DoesNotContain("class=\"banner", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_that_was_refused_again_is_reported_with_its_sentence()
    {
        var letter = Letter(state: DeadLetterStates.Dead);
        letter.Attempts.Add(Attempt(2, "replay", "dead", "It is still too large."));

        var html = DeadLetterPage.Render(letter, null, DeadLetterPage.ReplayStillDead, ShownBytes).ToString();

        Assert.Contains("<strong>Refused again:</strong> It is still too large.", html, StringComparison.Ordinal);
        Assert.Contains("role=\"alert\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_that_came_second_is_told_when_the_first_one_was()
    {
        var letter = Letter(state: DeadLetterStates.Resolved);

        var html = DeadLetterPage.Render(letter, null, DeadLetterPage.ReplayConflict, ShownBytes).ToString();

        Assert.Contains("it was already resolved at", html, StringComparison.Ordinal);
        Assert.Contains("2026-05-04 03:02:01", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeadLetterStates.Dead, true)]
    [InlineData(DeadLetterStates.Redelivering, false)]
    [InlineData(DeadLetterStates.Replaying, false)]
    [InlineData(DeadLetterStates.Resolved, false)]
    [InlineData(DeadLetterStates.Dismissed, false)]
    [InlineData(DeadLetterStates.Parked, false)]
    public void Only_a_dead_one_has_the_replay_button(string state, bool button)
    {
        var html = DeadLetterPage.Render(Letter(state: state), null, null, ShownBytes).ToString();

        Assert.Equal(button, html.Contains("<form method=\"post\" action=\"/dead-letters/7/replay\">", StringComparison.Ordinal));
        Assert.Equal(!button, html.Contains("Replay is not possible", StringComparison.Ordinal));
    }

    [Fact]
    public void A_null_value_and_an_empty_one_are_told_apart()
    {
        Assert.Contains("null: the record has no value.", Page(Letter(value: null)), StringComparison.Ordinal);
        Assert.Contains("Empty: the record has a value of 0 bytes.", Page(Letter(value: [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_big_value_is_cut_between_characters_and_shows_the_surroundings_of_a_far_error()
    {
        var value = Encoding.UTF8.GetBytes("{\"a\":\"" + new string('ж', 9000) + "\",\"b\":nope}");
        var at = value.Length - 5;

        var html = Page(Letter(value: value, bytePosition: at));

        Assert.DoesNotContain("not UTF-8\"", html, StringComparison.Ordinal);
        Assert.Contains($"The first 8,192 bytes of {value.Length:N0}", html, StringComparison.Ordinal);
        Assert.Contains("<mark class=\"error\" id=\"error\">n</mark>ope}", html, StringComparison.Ordinal);
        Assert.True(html.Length < 60_000);
    }

    [Fact]
    public void A_value_that_starts_with_a_line_end_keeps_it_on_the_page() =>
        Assert.Contains("class=\"text\">\n\n{</pre>", Page(Letter(value: "\n{"u8.ToArray())), StringComparison.Ordinal);

    [Fact]
    public void Very_many_headers_are_cut_and_the_rest_is_counted()
    {
        var headers = Enumerable.Range(0, 10_000).Select(i => ("name", new byte[100])).ToArray();

        var html = Page(Letter(headers: headers));

        Assert.Contains("more headers; all of them are in", html, StringComparison.Ordinal);
        Assert.True(html.Length < 1_000_000);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Any_timestamp_can_be_shown(long milliseconds) =>
        Assert.Contains($"{milliseconds} ms", Page(Letter(timestamp: milliseconds)), StringComparison.Ordinal);

    [Fact]
    public void A_list_shows_a_key_only_where_it_is_an_order_uid()
    {
        var mail = Encoding.UTF8.GetBytes("test@gmail.com");
        var page = new DeadLetterPageOfLines([Line(1, "b563feb7b2b84b6test"u8.ToArray()), Line(2, mail), Line(3, null)], 3);

        var html = DeadLetterListPage.Render(Filter(), page, null, DateTime.UnixEpoch).ToString();

        Assert.Contains("b563feb7b2b84b6test", html, StringComparison.Ordinal);
        Assert.DoesNotContain("gmail", html, StringComparison.Ordinal);
        Assert.Contains("a key of 14 bytes", html, StringComparison.Ordinal);
        Assert.Contains("/dead-letters?after=3", html, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_list_says_whether_there_is_nothing_or_nothing_that_fits()
    {
        var nothing = new DeadLetterPageOfLines([], null);

        var all = DeadLetterListPage.Render(Filter(), nothing, null, default).ToString();
        var narrowed = DeadLetterListPage.Render(Filter(("state", "dead")), nothing, null, default).ToString();

        Assert.Contains("No dead letters", all, StringComparison.Ordinal);
        Assert.Contains("No dead letter matches", narrowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state", "gone", "There is no state 'gone'.")]
    [InlineData("reason", "a b", "'a b' is no reason code")]
    [InlineData("uid", "a/b", "'a/b' is no order uid")]
    [InlineData("after", "-1", "'-1' is no id")]
    [InlineData("after", "0", "'0' is no id")]
    [InlineData("limit", "0", "limit is '0'")]
    [InlineData("limit", "201", "limit is '201'; it is a whole number from 1 to 200.")]
    public void A_filter_that_is_not_valid_names_the_parameter_and_the_rule(string name, string value, string detail)
    {
        var (_, problem) = DeadLetterFilter.Parse(Query((name, value)));

        Assert.Equal(name, problem?.Param);
        Assert.StartsWith(detail, problem?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_keeps_its_address()
    {
        var filter = Filter(("state", "dead"), ("reason", "malformed_json"), ("uid", "a-B_1"), ("limit", "2"), ("after", "9"));

        Assert.Equal("/dead-letters?state=dead&reason=malformed_json&uid=a-B_1&limit=2&after=5", filter.Address(5));
    }

    private static string Page(DeadLetter letter) => DeadLetterPage.Render(letter, null, null, ShownBytes).ToString();

    private static DeadLetterFilter Filter(params (string Name, string Value)[] query)
    {
        var (filter, problem) = DeadLetterFilter.Parse(Query(query));
        Assert.Null(problem);
        return filter;
    }

    private static QueryCollection Query(params (string Name, string Value)[] query) =>
        new(query.ToDictionary(pair => pair.Name, pair => new StringValues(pair.Value)));

    private static DeadLetterLine Line(long id, byte[]? key) =>
        new(id, "dead", "malformed_json", "orders", 0, 1, id, key, key?.Length, 1, DateTime.UnixEpoch, null);

    private static DeadLetterAttempt Attempt(int number, string kind, string outcome, string sentence) =>
        new() { Number = number, Kind = kind, Outcome = outcome, Sentence = sentence };

    private static DeadLetter Letter(
        string state = DeadLetterStates.Dead, byte[]? key = null, byte[]? value = null, (string Name, byte[] Value)[]? headers = null,
        string text = "The document ends too early.", long? bytePosition = null, long timestamp = 1_600_000_000_000) => new()
        {
            Id = 7,
            GroupId = text,
            Topic = text,
            RecordTimestamp = timestamp,
            Key = key,
            Value = value,
            HeaderNames = [.. (headers ?? []).Select(header => header.Name)],
            HeaderValues = [.. (headers ?? []).Select(header => header.Value)],
            State = state,
            Reason = text.Length == 0 ? "malformed_json" : text,
            Sentence = text,
            JsonPath = text,
            BytePosition = bytePosition,
            Exception = text,
            ResolvedAt = state == DeadLetterStates.Resolved ? new DateTime(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc) : null,
            Attempts = [Attempt(1, "ingest", "dead", text)],
        };
}
