using System.Text.RegularExpressions;

namespace Orders.Tests.Tidy;

/// <summary>
/// Words that do not belong into the repository, and where they do not. The patterns are written so that they do not match
/// themselves: this file is checked too.
/// </summary>
internal static partial class Words
{
    private static readonly (Regex Pattern, string[] In, string Problem, string Remedy)[] Banned =
    [
        (Unfinished(), [], "unfinished work is marked", "finish it, or open an issue"),
        (NotImplemented(), [".cs"], "NotImplemented throws at whoever comes by", "implement it or leave it out"),
        (MachinePath(), [], "the path of one machine", "use a setting or a path from the root"),
        (RegistryHost(), [], "the host of a package registry", "leave it to the client's own configuration"),
        (RawMarkup(), [".cs", ".cshtml", ".razor", ".js", ".html"], "markup is written unescaped", "write it as text"),
        (RawSql(), [".cs"], "SQL is put together from text", "use parameters"),
    ];

    private static readonly string[] KindsOfType = ["Models", "Services", "Helpers", "Utils", "Common", "Extensions", "Interfaces"];

    public static IEnumerable<Finding> Check(SourceFile file) => Banned
        .Where(word => word.In.Length == 0 || word.In.Contains(Path.GetExtension(file.Path)))
        .SelectMany(word => file.FindLines(word.Pattern, word.Problem, word.Remedy));

    public static IEnumerable<Finding> CheckRoom(SourceFile file) => file.Path.Split('/')[..^1]
        .Where(room => KindsOfType.Contains(room, StringComparer.OrdinalIgnoreCase))
        .Select(room => new Finding(file.Path, 1, $"{room} is a kind of type", "name the room after its step of the flow"));

    [GeneratedRegex(@"\b(TOD[O]|FIXM[E]|HAC[K])\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bNotImplemented[E]xception\b")]
    private static partial Regex NotImplemented();

    [GeneratedRegex(@"(?<![\w.])/(wor[k]|far[m]|tmp/bash_job[s])\b")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(nuget|npmjs|pypi|crates)[.](org|com|io)\b|\bregistry[.][a-z]|\bartifactor[y]\b", RegexOptions.IgnoreCase)]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"\binner[H]TML\b|\bHtml[.]Raw\b|\bMarkup[S]tring\b")]
    private static partial Regex RawMarkup();

    [GeneratedRegex(@"\b(FromSql|SqlQuery|ExecuteSql)Raw")]
    private static partial Regex RawSql();
}
