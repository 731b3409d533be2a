using System.Collections.Immutable;
using System.Globalization;
using Bus.Storage.DeadLetters;
using Orders.Contracts;

namespace Orders.Service.Operations.DeadLetters;

/// <summary>Which dead letters to list, as the URL says it.</summary>
internal sealed record DeadLetterFilter(string? State, string? Reason, string? Uid, long? After, int Limit)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;
    private const int MaxReasonLength = 64;

    /// <summary>The states, in the order in which they ask for attention.</summary>
    public static ImmutableArray<string> States { get; } =
    [
        DeadLetterStates.Dead, DeadLetterStates.Redelivering, DeadLetterStates.Parked,
        DeadLetterStates.Replaying, DeadLetterStates.Dismissed, DeadLetterStates.Resolved,
    ];

    /// <summary>Whether anything narrows the list, apart from the place in it.</summary>
    public bool Narrows => State is not null || Reason is not null || Uid is not null;

    /// <summary>Reads the query string. What is empty counts as not given, as a form sends it.</summary>
    public static (DeadLetterFilter Filter, Problem? Problem) Parse(IQueryCollection query)
    {
        var state = Given(query, "state");
        var reason = Given(query, "reason");
        var uid = Given(query, "uid");
        var after = Given(query, "after");
        var limit = Given(query, "limit");
        var lastSeen = 0L;
        var size = DefaultLimit;
        Problem? problem = null;
        if (state is not null && !States.Contains(state))
        {
            problem = Problem.InvalidParameter(
                "state", $"There is no state '{Cut(state)}'. The states are {string.Join(", ", States)}.");
        }
        else if (reason is not null && !IsReasonCode(reason))
        {
            problem = Problem.InvalidParameter("reason", $"'{Cut(reason)}' is no reason code; one looks like malformed_json.");
        }
        else if (uid is not null && !OrderUid.IsValid(uid))
        {
            problem = Problem.InvalidParameter("uid", $"'{Cut(uid)}' is no order uid; one is {OrderUid.Rule}.");
        }
        else if (after is not null
            && (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out lastSeen) || lastSeen < 1))
        {
            problem = Problem.InvalidParameter("after", $"'{Cut(after)}' is no id, a whole number from 1.");
        }
        else if (limit is not null
            && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxLimit))
        {
            problem = Problem.InvalidParameter("limit", $"limit is '{Cut(limit)}'; it is a whole number from 1 to {MaxLimit}.");
        }

        return problem is null
            ? (new DeadLetterFilter(state, reason, uid, after is null ? null : lastSeen, size), null)
            : (new DeadLetterFilter(state, reason, uid, null, DefaultLimit), problem);
    }

    /// <summary>The address of the list narrowed to one state and reason.</summary>
    public static string Address(string state, string reason) =>
        new DeadLetterFilter(state, reason, null, null, DefaultLimit).Address(null);

    /// <summary>The address of this list's page that starts behind <paramref name="after"/>.</summary>
    public string Address(long? after)
    {
        var parts = new List<string>();
        Add("state", State);
        Add("reason", Reason);
        Add("uid", Uid);
        Add("limit", Limit == DefaultLimit ? null : Limit.ToString(CultureInfo.InvariantCulture));
        Add("after", after?.ToString(CultureInfo.InvariantCulture));
        return parts.Count == 0 ? "/dead-letters" : "/dead-letters?" + string.Join('&', parts);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }
    }

    private static bool IsReasonCode(string reason) =>
        reason.Length <= MaxReasonLength && reason.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static string? Given(IQueryCollection query, string name)
    {
        var value = query[name].ToString().Trim();
        return value.Length == 0 ? null : value;
    }

    private static string Cut(string value) => value.Length <= 80 ? value : value[..80] + "…";
}
