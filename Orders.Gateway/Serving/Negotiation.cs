using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Orders.Gateway.Serving;

/// <summary>What a reader asks for: the page or the JSON, and which version it has already.</summary>
internal static class Negotiation
{
    // More tags than this nobody has; the rest is not looked at.
    private const int MaxTags = 16;

    /// <summary>Whether <c>text/html</c> is wanted rather than JSON. JSON goes to whoever does not say, or does not mind.</summary>
    public static bool WantsPage(StringValues accept)
    {
        if (accept.Count == 0 || !Mentions(accept, "text/html"))
        {
            return false;
        }

        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted))
        {
            return false;
        }

        double html = 0, json = 0, any = 0;
        var htmlIsFirst = false;
        foreach (var type in wanted)
        {
            var quality = type.Quality ?? 1;
            if (type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase))
            {
                htmlIsFirst |= json == 0;
                html = Math.Max(html, quality);
            }
            else if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            {
                json = Math.Max(json, quality);
            }
            else if (type.MatchesAllTypes)
            {
                any = Math.Max(any, quality);
            }
        }

        var other = json > 0 ? json : any;
        return html > other || (html > 0 && html == other && htmlIsFirst);
    }

    /// <summary>The highest version among our own tags in <c>If-None-Match</c>, 0 when there is none.</summary>
    public static long HighestVersion(StringValues ifNoneMatch)
    {
        long highest = 0;
        foreach (var tag in Tags(ifNoneMatch))
        {
            var text = tag.Tag.AsSpan();
            if (text is ['"', 'v', .. var digits, '"']
                && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                highest = Math.Max(highest, version);
            }
        }

        return highest;
    }

    /// <summary>Whether the reader has <paramref name="current"/> already.</summary>
    public static bool Matches(StringValues ifNoneMatch, string current)
    {
        foreach (var tag in Tags(ifNoneMatch))
        {
            if (tag.Tag.Equals("*", StringComparison.Ordinal) || tag.Tag.Equals(current, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<EntityTagHeaderValue> Tags(StringValues ifNoneMatch) =>
        ifNoneMatch.Count > 0 && EntityTagHeaderValue.TryParseList(ifNoneMatch, out var tags) ? tags.Take(MaxTags) : [];

    private static bool Mentions(StringValues accept, string type)
    {
        for (var i = 0; i < accept.Count; i++)
        {
            if (accept[i]?.Contains(type, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }
}
